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
