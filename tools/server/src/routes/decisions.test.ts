import type { LoopDefinition } from '@loop-engine/sdk'
import { expect, onTestFinished, test } from 'vitest'

import { createTestServer, refund } from '../server.fixture.ts'

/** A loop whose approvals ask for more than a login link shows. */
const strict: LoopDefinition = {
  ...refund,
  transitions: refund.transitions.map((one) =>
    one.approval ? { ...one, approval: { ...one.approval, assurance: 'oidc' } } : one,
  ),
}

test('who is not known well enough may not decide, and is told that it is for this', async () => {
  const server = await createTestServer({ loops: [strict] })
  onTestFinished(() => server.close())
  const { id, revision, viewHash } = await server.waiting('strict-1', server.key())

  const reply = await server.call('POST', `/api/v1/approvals/${id}/decisions`, {
    cookie: await server.login('alice', ['finance']),
    body: { decision: 'approve', revision, viewHash },
  })

  expect(reply).toMatchObject({
    status: 403,
    body: { reason: 'assurance_too_low', detail: expect.stringContaining('stronger login') },
  })
})

test('who decides on what was taken back is not told that it was decided', async () => {
  const server = await createTestServer()
  onTestFinished(() => server.close())
  const key = server.key()
  const { id, revision, viewHash } = await server.waiting('back-1', key)
  await server.call('POST', `/api/v1/approvals/${id}/withdraw`, { key })

  const reply = await server.call('POST', `/api/v1/approvals/${id}/decisions`, {
    cookie: await server.login('alice', ['finance']),
    body: { decision: 'approve', revision, viewHash },
  })

  expect(reply).toMatchObject({
    status: 409,
    body: { reason: 'already_decided', detail: 'The request was taken back.' },
  })
})
