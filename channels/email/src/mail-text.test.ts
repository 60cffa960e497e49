import type { ApprovalRequest } from '@loop-engine/core'
import { expect, test } from 'vitest'

import { codeMail } from './mail-text.ts'

test.each([
  [59_000, 'good for less than a minute.'],
  [60_000, 'good for 1 minute.'],
  [600_000, 'good for 10 minutes.'],
])('a code says for how long it is good: %i', async (ttlMs, says) => {
  const view = { title: 'pay order-1', loop: { id: 'payment' }, aggregateId: 'order-1' }
  const request = { view } as unknown as ApprovalRequest
  const { text } = await codeMail({
    request,
    code: '123456',
    recipient: 'alice',
    decision: 'approve',
    ttlMs,
  })
  expect(text).toContain(says)
})
