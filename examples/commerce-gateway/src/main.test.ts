import { expect, test } from 'vitest'

import { run } from './main.ts'

test('an agent finds loops and asks, a person decides, and the gateway acts once for each request', async () => {
  expect(await run()).toEqual([
    'agent finds purchase and refund',
    'agent asks for order: executed',
    'P-1 is CONFIRMED',
    'agent asks for pay-back: pending',
    'R-1 is REQUESTED',
    'fay approves',
    'agent asks for pay-back: executed',
    'R-1 is PAID',
    'gateway: charges 40 for P-1, licensed by entry 2',
    'gateway: refunds 40 for R-1, licensed by entry 4',
    '1 loop.started by mcp:human:carol',
    '2 loop.approval.requested by mcp:human:carol',
    '3 loop.approval.approved by fay',
    '4 loop.transition.executed by mcp:human:carol',
    '5 loop.effect.started by integration:commerce',
    '6 loop.effect.succeeded by integration:commerce',
    '7 loop.transition.executed by integration:commerce',
  ])
})
