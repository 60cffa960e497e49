import type { ApprovalRequest } from '@loop-engine/core'
import { describe, expect, test } from 'vitest'

import { foreignIncident, incidentRequest, ourNotes } from '../board.fixture.ts'
import { createPagerDutyChannel, type Seen } from '../index.ts'
import { paged, request } from '../paged.fixture.ts'

const integration = { id: 'PINT', type: 'generic_events_api_inbound_integration_reference' }

describe('an acknowledgement', () => {
  test('is no decision and is only reported to onSeen', async () => {
    const seen: Seen[] = []
    await paged(
      async ({ fake, clock, incident, decisions, handle }) => {
        const { status } = await handle(incidentRequest(fake, incident.id, 'acknowledged'))

        expect(status).toBe(202)
        expect(decisions).toEqual([])
        expect(ourNotes(incident)).toEqual([])
        const { tenant, id: requestId, revision } = request
        expect(seen).toEqual([{ tenant, requestId, revision, userId: 'PALICE', at: clock.now() }])
      },
      { onSeen: (one) => void seen.push(one) },
    )
  })

  test('makes no call without onSeen', () =>
    paged(async ({ fake, incident, handle }) => {
      const before = fake.calls.length
      await handle(incidentRequest(fake, incident.id, 'acknowledged'))
      expect(fake.calls).toHaveLength(before)
    }))
})

describe('a resolution without a decision', () => {
  test('decides nothing by default, and a note says so', () =>
    paged(async ({ fake, incident, decisions, handle }) => {
      for (let times = 0; times < 2; times++)
        await handle(incidentRequest(fake, incident.id, 'resolved'))

      expect(decisions).toEqual([])
      expect(ourNotes(incident)).toEqual([expect.stringContaining('decides nothing')])
    }))

  test('can count as a rejection by the person who resolved, and as nothing else', () =>
    paged(
      async ({ fake, incident, decisions, handle }) => {
        await handle(incidentRequest(fake, incident.id, 'resolved', { id: 'E1' }))

        expect(decisions).toMatchObject([
          {
            decision: 'reject',
            reviewer: { id: 'alice' },
            assurance: { method: 'pagerduty', subject: 'PALICE' },
            idempotencyKey: 'resolved:E1',
            requestId: request.id,
            viewHash: request.viewHash,
          },
        ])
        expect(ourNotes(incident)).toEqual([expect.stringContaining('alice, reject: rejected')])
      },
      { onResolve: 'reject', answer: { status: 'rejected' } },
    ))

  test.each([
    ['an integration', { agent: integration }],
    ['a time-out', { agent: null }],
    [
      'a merge, by whoever merged',
      { data: { resolve_reason: { type: 'merge_resolve_reason', incident: { id: 'P2' } } } },
    ],
  ])("by %s is nobody's rejection", (_, change) =>
    paged(
      async ({ fake, incident, decisions, handle }) => {
        await handle(incidentRequest(fake, incident.id, 'resolved', change))

        expect([decisions, ourNotes(incident)]).toEqual([[], []])
      },
      { onResolve: 'reject' },
    ),
  )

  test('by a person who may not decide is no rejection', () =>
    paged(
      async ({ fake, incident, decisions, handle }) => {
        await handle(incidentRequest(fake, incident.id, 'resolved'))

        expect(decisions).toEqual([])
        expect(ourNotes(incident)).toEqual([expect.stringContaining('not among those')])
      },
      { onResolve: 'reject', responders: { who: 'listed', users: [] } },
    ))

  test('after the decision gets no note', () =>
    paged(
      async ({ fake, incident, handle }) => {
        await handle(incidentRequest(fake, incident.id, 'resolved'))
        expect(ourNotes(incident)).toEqual([])
      },
      { onResolve: 'reject', answer: { status: 'refused', reason: 'already_decided' } },
    ))

  test('can page again, once, while the request waits', async () => {
    let now: ApprovalRequest | null = request
    await paged(
      async ({ fake, incident, decisions, handle }) => {
        incident.status = 'resolved'
        for (let times = 0; times < 2; times++)
          await handle(incidentRequest(fake, incident.id, 'resolved', { agent: null }))

        expect(fake.incidents.map(({ status }) => status)).toEqual(['resolved', 'triggered'])
        expect(ourNotes(incident)).toEqual([expect.stringContaining('paged again')])

        for (const change of [{ status: 'approved' }, { revision: 2 }] as const) {
          now = { ...request, ...change }
          const [, again] = fake.incidents
          if (again) again.status = 'resolved'
          await handle(
            incidentRequest(fake, incident.id, 'resolved', { id: JSON.stringify(change) }),
          )
        }
        now = null
        await handle(incidentRequest(fake, incident.id, 'resolved', { id: 'E9' }))
        expect(fake.incidents).toHaveLength(2)
        expect(decisions).toEqual([])
      },
      { onResolve: 'retrigger', getApproval: async () => now },
    )
  })

  test('of another incident is reported to onIncidentResolved, so that requests it caused can be withdrawn', async () => {
    const gone: object[] = []
    await paged(
      async ({ fake, clock, handle, decisions }) => {
        const outage = foreignIncident('POUTAGE', { status: 'resolved' })
        fake.incidents.push(outage)

        await handle(incidentRequest(fake, 'POUTAGE', 'resolved'))

        expect(gone).toEqual([{ id: 'POUTAGE', at: clock.now() }])
        expect([decisions, ourNotes(outage)]).toEqual([[], []])
      },
      { onIncidentResolved: (incident) => void gone.push(incident) },
    )
  })
})

test('onResolve retrigger without getApproval is refused when the channel is made', () => {
  const make = (): unknown =>
    createPagerDutyChannel({
      transport: { sendEvent: async () => ({ status: 202 }), call: async () => ({ status: 200 }) },
      routingKey: 'R'.repeat(32),
      from: 'loops@acme.example',
      webhookSecrets: ['0123456789abcdef'],
      secrets: ['x'.repeat(32)],
      people: { by: 'email' },
      decide: async () => ({ status: 'recorded' }),
      onResolve: 'retrigger',
    })
  expect(make).toThrow(expect.objectContaining({ code: 'invalid_config', path: '/getApproval' }))
})
