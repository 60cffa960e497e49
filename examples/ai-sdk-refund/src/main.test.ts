import { expect, test } from 'vitest'

import { run } from './main.ts'

test('the agent waits for finance, pays once, and says so only then', async () => {
  expect(await run()).toEqual([
    'the agent stops: tool-calls',
    'ready before the decision: false',
    'executed: {"paid":500,"order":"A-1"}',
    'Your 500 are on their way.',
    '1 loop.started by vercel-ai:govern',
    '2 loop.approval.requested by vercel-ai',
    '3 loop.approval.approved by fay',
    '4 loop.transition.executed by vercel-ai',
    '5 loop.effect.started by vercel-ai',
    '6 loop.transition.executed by tool:issueRefund',
  ])
})
