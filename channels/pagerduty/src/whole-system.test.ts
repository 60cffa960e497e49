import { LoopError, type ApprovalRequest, type LoopStore } from '@loop-engine/core'
import {
  createAuthority,
  createIntake,
  createLoopSystem,
  createMemoryStore,
} from '@loop-engine/sdk'
import { createTestClock, type TestClock } from '@loop-engine/testing'
import { expect, test } from 'vitest'

import { codeOf, incidentRequest, noteRequest, optionsFor, ourNotes } from './board.fixture.ts'
import type { FakeIncident, FakePagerDuty } from './fake-answers.fixture.ts'
import { startFakePagerDuty } from './fake-pagerduty.fixture.ts'
import { createPagerDutyChannel, dedupeWindowMs, type PagerDutyOptions } from './index.ts'

interface Scene {
  readonly fake: FakePagerDuty
  readonly clock: TestClock
  readonly store: LoopStore
  readonly incident: FakeIncident
  readonly groups: Map<string, string[]>
  deliver(note: Request): Promise<string>
  request(): Promise<ApprovalRequest | undefined>
}

/** A real system with one pending request, and its incident. */
async function waiting(
  approval: object,
  transition: object,
  walk: (scene: Scene) => Promise<void>,
  options: Partial<PagerDutyOptions> = {},
): Promise<void> {
  const clock = createTestClock()
  const fake = await startFakePagerDuty(() => clock.now())
  const groups = new Map([
    ['alice', ['ops']],
    ['mallory', []],
  ])
  for (const name of groups.keys())
    fake.users.set(`P${name.toUpperCase()}`, { email: `${name}@acme.example` })
  const authority = createAuthority({ name: 'pagerduty' })
  const store = createMemoryStore()
  let intake: PagerDutyOptions['decide'] = async () => {
    throw new LoopError('closed', 'The system is not open yet.')
  }
  const channel = createPagerDutyChannel(
    optionsFor(fake, {
      clock,
      decide: (decision) => intake(decision),
      decisionUrl: ({ id }) => `https://loops.example/decide/${id}`,
      ...options,
    }),
  )
  const system = await createLoopSystem({
    loops: [
      {
        id: 'ops.restart',
        version: '1',
        name: 'Restart',
        states: [{ id: 'ASKED' }, { id: 'DONE', terminal: true }],
        initialState: 'ASKED',
        transitions: [
          {
            id: 'restart',
            signal: 'restart',
            ...transition,
            from: 'ASKED',
            to: 'DONE',
            actors: ['ai-agent'],
            guards: [],
            approval: {
              stages: [{ reviewers: ['group:ops'], quorum: 1 }],
              fourEyes: true,
              expiresIn: '10d',
              ...approval,
            },
          },
        ],
      },
    ],
    store,
    channels: [channel],
    clock,
    relay: false,
    identity: {
      mode: 'verified',
      authority,
      directory: (_tenant, id) => ({ groups: groups.get(id) ?? [] }),
    },
  })
  intake = createIntake({ approvals: system.approvals, authority })
  const actor = { type: 'ai-agent', id: 'agent:ops' } as const
  await system.engine.start({ loopId: 'ops.restart', aggregateId: 'db-1', actor })
  await system.engine.transition({ aggregateId: 'db-1', transitionId: 'restart', actor })
  await system.relay.drain()
  const [incident] = fake.incidents
  if (!incident) throw new Error('no incident was opened')
  try {
    await walk({
      fake,
      clock,
      store,
      incident,
      groups,
      async deliver(note) {
        // Somebody deleted the notes in PagerDuty, so only the store remembers.
        incident.notes.length = 0
        expect((await channel.handle?.(note))?.status).toBe(202)
        const told = ourNotes(incident).join('\n')
        await system.relay.drain()
        return told
      },
      async request() {
        const { items } = await system.approvals.find({})
        return items[0]
      },
    })
  } finally {
    await system.close()
    await fake.close()
  }
}

test('a repeated delivery never decides anew, neither within the dedupe window nor after it', () =>
  waiting({}, {}, async ({ fake, clock, store, incident, groups, deliver, request }) => {
    const content = `approve ${codeOf(incident)}`
    const note = noteRequest(fake, incident, content, { user: 'PMALLORY', id: 'PN1' })
    expect(await deliver(note.clone())).toContain('not among those who may decide')

    groups.set('mallory', ['ops'])
    clock.advance(dedupeWindowMs - 1)
    await store.prune(clock.now() - dedupeWindowMs)
    expect(await deliver(note.clone())).toContain('not among those who may decide')

    clock.advance(2)
    expect(await store.prune(clock.now() - dedupeWindowMs)).toBeGreaterThan(0)
    expect(await deliver(note.clone())).toContain('too late')
    expect(await request()).toMatchObject({ status: 'pending', decisions: [] })
  }))

test('a request that needs a stronger proof is approved on the page only, and can be rejected by a note', () =>
  waiting({ assurance: 'oidc' }, {}, async ({ fake, incident, deliver, request }) => {
    const code = codeOf(incident)
    expect(JSON.stringify(incident.alerts)).not.toContain(`approve ${code}`)
    expect(incident.links).toMatchObject([{ href: expect.stringContaining('/decide/') }])

    expect(await deliver(noteRequest(fake, incident, `approve ${code}`, { id: 'PN1' }))).toContain(
      'sign in on the page',
    )
    expect(await request()).toMatchObject({ status: 'pending' })
    expect(
      await deliver(noteRequest(fake, incident, `reject ${code} no`, { id: 'PN2' })),
    ).toContain('rejected')
    expect(await request()).toMatchObject({ status: 'rejected' })
    expect(incident.status).toBe('resolved')
  }))

test('a high risk is approved on the page only, unless the policy says that a note is enough', async () => {
  await waiting({}, { risk: 'high' }, async ({ fake, incident, deliver, request }) => {
    const code = codeOf(incident)
    expect(JSON.stringify(incident.alerts)).not.toContain(`approve ${code}`)

    expect(await deliver(noteRequest(fake, incident, `approve ${code}`, { id: 'PN1' }))).toContain(
      'Sign in on the page',
    )
    expect(await request()).toMatchObject({ status: 'pending', decisions: [] })
    expect(
      await deliver(noteRequest(fake, incident, `reject ${code} no`, { id: 'PN2' })),
    ).toContain('rejected')
  })
  const enough = { assurance: 'pagerduty' }
  await waiting(enough, { risk: 'critical' }, async ({ fake, incident, deliver, request }) => {
    await deliver(noteRequest(fake, incident, `approve ${codeOf(incident)}`, { id: 'PN1' }))
    expect(await request()).toMatchObject({ status: 'approved' })
  })
})

test('an edit of a note that was judged decides nothing, thanks to the idempotency key alone', () =>
  waiting(
    { stages: [{ reviewers: ['group:ops'], quorum: 2 }] },
    {},
    async ({ fake, incident, deliver, request }) => {
      const code = codeOf(incident)
      const first = noteRequest(fake, incident, `approve ${code}`, { id: 'PN1' })
      expect(await deliver(first)).toContain('recorded, 1 of 2 approvals')

      const edited = noteRequest(fake, incident, `reject ${code} no`, { id: 'PN1' })
      expect(await deliver(edited)).toContain('judged before')
      expect(await request()).toMatchObject({ status: 'pending', decisions: [{}] })
    },
  ))

test('with onResolve reject, resolving the incident rejects the request', () =>
  waiting(
    {},
    {},
    async ({ fake, incident, deliver, request }) => {
      const resolution = incidentRequest(fake, incident.id, 'resolved')

      expect(await deliver(resolution)).toContain('alice, reject: rejected')
      expect(await request()).toMatchObject({
        status: 'rejected',
        decisions: [{ reviewer: { id: 'alice' } }],
      })
    },
    { onResolve: 'reject' },
  ))
