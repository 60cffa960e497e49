import type { AssuranceMethod } from '@loop-engine/core'
import { defineLoop, type LoopDefinition } from '@loop-engine/sdk'
import { createTestClock } from '@loop-engine/testing'
import { expect, onTestFinished, test } from 'vitest'

import { createTestServer, refund, type Reply, type TestServer } from '../server.fixture.ts'

/** A loop whose approvals require this kind of authentication. */
const asking = (assurance: AssuranceMethod): LoopDefinition => ({
  ...refund,
  transitions: refund.transitions.map((one) =>
    one.approval ? { ...one, approval: { ...one.approval, assurance } } : one,
  ),
})

/** The answer to alice of finance when she approves the request, after `meanwhile` if given. */
async function approve(
  options: Parameters<typeof createTestServer>[0] = {},
  meanwhile: (server: TestServer, requestId: string) => unknown = () => undefined,
): Promise<Reply> {
  const server = await createTestServer(options)
  onTestFinished(() => server.close())
  const { id, revision, viewHash } = await server.waiting('run-1', server.key())
  await meanwhile(server, id)
  return server.call('POST', `/api/v1/approvals/${id}/decisions`, {
    cookie: await server.login('alice', ['finance']),
    body: { decision: 'approve', revision, viewHash },
  })
}

test('a person with too weak a login may not decide, and is told the reason', async () => {
  expect(await approve({ loops: [asking('oidc')] })).toMatchObject({
    status: 403,
    body: { reason: 'assurance_too_low', detail: expect.stringContaining('stronger login') },
  })
})

test('a login link counts as a person at this machine', async () => {
  const reply = await approve({ loops: [asking('local')] })

  expect(reply).toMatchObject({ status: 200, body: { status: 'executed' } })
})

test('an approval that a guard no longer lets pass is answered with a refusal: nothing ran', async () => {
  const clock = createTestClock(Date.now())
  const guard = { id: 'soon', use: 'deadline-not-exceeded', with: { within: '1h' } }
  const loop = defineLoop({
    id: 'refund',
    states: ['REQUESTED', { id: 'PAID', terminal: true }],
    initialState: 'REQUESTED',
    transitions: [
      {
        id: 'pay',
        from: 'REQUESTED',
        to: 'PAID',
        actors: ['automation'],
        guards: [guard],
        approval: { reviewers: ['role:finance'], expiresIn: '2d' },
      },
    ],
  })
  const reply = await approve({ loops: [loop], clock }, () => clock.advance(2 * 3_600_000))

  expect(reply).toMatchObject({
    status: 409,
    body: { code: 'guard_failed', result: { status: 'blocked', request: { status: 'approved' } } },
  })
})

test('a decision on a withdrawn request is refused as withdrawn, not as decided', async () => {
  const reply = await approve({}, (server, id) =>
    server.call('POST', `/api/v1/approvals/${id}/withdraw`, { key: server.key() }),
  )

  expect(reply).toMatchObject({
    status: 409,
    body: { reason: 'already_decided', detail: 'The request was withdrawn.' },
  })
})

test('a reviewer in whose place a delegate decided is not told to have decided', async () => {
  const both: LoopDefinition = {
    ...refund,
    transitions: refund.transitions.map((one) =>
      one.approval
        ? {
            ...one,
            approval: { ...one.approval, stages: [{ reviewers: ['role:finance'], quorum: 2 }] },
          }
        : one,
    ),
  }
  const server = await createTestServer({ loops: [both] })
  onTestFinished(() => server.close())
  const { id, revision, viewHash } = await server.waiting('handed-1', server.key())
  const [alice, carol] = [await server.login('alice', ['finance']), await server.login('carol')]
  const decide = (cookie: string) =>
    server.call('POST', `/api/v1/approvals/${id}/decisions`, {
      cookie,
      body: { decision: 'approve', revision, viewHash },
    })
  await server.call('POST', `/api/v1/approvals/${id}/delegate`, {
    cookie: alice,
    body: { to: 'carol' },
  })

  expect(await decide(carol)).toMatchObject({ status: 200, body: { status: 'recorded' } })
  expect(await decide(alice)).toMatchObject({
    status: 409,
    body: {
      reason: 'already_voted',
      detail: 'This reviewer, or somebody in their place, has decided already.',
    },
  })
})

test.each(['', ' ', '\u00a0\n'])('%j is no reason', async (reason) => {
  const server = await createTestServer()
  onTestFinished(() => server.close())
  const { id, revision, viewHash } = await server.waiting('run-1', server.key())
  const cookie = await server.login('alice', ['finance'])
  const refused = { status: 400, body: { code: 'invalid_input', path: '/reason' } }

  const decision = { decision: 'reject', revision, viewHash, reason }
  const decided = await server.call('POST', `/api/v1/approvals/${id}/decisions`, {
    cookie,
    body: decision,
  })
  const stop = { target: { loopId: 'refund' }, reason }
  const stopped = await server.call('POST', '/api/v1/stops', { cookie, body: stop })

  expect(decided).toMatchObject(refused)
  expect(stopped).toMatchObject(refused)
})
