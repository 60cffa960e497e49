import type { ApprovalRequest } from '@loop-engine/core'
import { approvalRequest, startPlan } from '@loop-engine/testing'
import { expect, test } from 'vitest'

import { askMail, codeMail } from './mail-text.ts'

test.each([
  [59_000, 'good for less than a minute.'],
  [60_000, 'good for 1 minute.'],
  [600_000, 'good for 10 minutes.'],
])('the mail with a code says for how long it is good: %i', async (ttlMs, says) => {
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

test('a mail marks what a model wrote, and fits the width of a phone', async () => {
  const request = approvalRequest(startPlan().instance)

  const { html } = await askMail(request, 'https://loops.example/decide', false)

  const style = /<style>([\s\S]*?)<\/style>/.exec(html)?.[1]
  expect(style).toMatch(/\.model\{border/)
  expect(style).toContain('overflow-wrap:anywhere')
  expect(html).toContain('width=device-width')
})
