import { LoopError } from '@loop-engine/core'
import { describe, expect, test } from 'vitest'

import { foreignIncident, noteRequest, ourNotes } from '../board.fixture.ts'
import { paged, request } from '../paged.fixture.ts'

test('a note is a decision of its author, with proof and with low assurance', () =>
  paged(async ({ fake, clock, incident, decisions, code, handle }) => {
    const response = await handle(
      noteRequest(fake, incident, `reject ${code} not ours`, { id: 'PN1' }),
    )

    expect(response.status).toBe(202)
    expect(decisions).toEqual([
      {
        tenant: request.tenant,
        requestId: request.id,
        revision: 1,
        viewHash: request.viewHash,
        decision: 'reject',
        reason: 'not ours',
        reviewer: { type: 'human', id: 'alice' },
        assurance: {
          method: 'pagerduty',
          issuer: 'https://acme.pagerduty.com',
          subject: 'PALICE',
          at: clock.now(),
        },
        proof: { event: 'event-of-PN1', note: 'PN1', incident: incident.id },
        idempotencyKey: 'note:PN1',
      },
    ])
  }))

test.each([
  ['may have been recorded comes again', 'unknown_outcome', 503, []],
  ['can never be recorded is answered', 'refused', 202, [expect.stringContaining('could not be')]],
] as const)('a decision that %s', (_, code, status, notes) =>
  paged(
    async ({ fake, incident, code: typed, handle }) => {
      const response = await handle(noteRequest(fake, incident, `approve ${typed}`))

      expect(response.status).toBe(status)
      expect(ourNotes(incident)).toEqual(notes)
    },
    {
      decide: async () => {
        throw new LoopError(code, 'The store failed.')
      },
    },
  ),
)

describe('a note that is no decision', () => {
  test('talk is ignored without a call', () =>
    paged(async ({ fake, incident, decisions, handle, code }) => {
      const before = fake.calls.length

      await handle(noteRequest(fake, incident, `can somebody approve ${code}?`))

      expect(fake.calls).toHaveLength(before)
      expect([decisions, ourNotes(incident)]).toEqual([[], []])
    }))

  test('a note in another incident is ignored, even if it looks like a decision', () =>
    paged(async ({ fake, handle, code, decisions }) => {
      const foreign = foreignIncident('PX', { alerts: [{ alert_key: 'db', body: 'text' }] })
      fake.incidents.push(foreign)

      expect((await handle(noteRequest(fake, foreign, `approve ${code}`))).status).toBe(202)

      expect([decisions, ourNotes(foreign)]).toEqual([[], []])
    }))

  test("the channel's own notes are ignored, so that it does not answer itself", () =>
    paged(async ({ fake, incident, decisions, handle, code }) => {
      await handle(noteRequest(fake, incident, 'approve please'))
      const [answer = ''] = ourNotes(incident)
      const before = fake.calls.length
      const data = { trimmed: true }
      await handle(noteRequest(fake, incident, answer, { user: 'PBOT', id: 'own', data }))
      expect(fake.calls).toHaveLength(before)
      await handle(noteRequest(fake, incident, `approve ${code}`, { user: 'PBOT', id: 'as-bot' }))

      expect(decisions).toEqual([])
      expect(ourNotes(incident).at(-1)).toContain('the account that Loop Engine writes with')
    }))

  test.each([
    ['approve', 'write a new note, `approve <code>`'],
    ['approve 0000-0000', 'not the code of this incident'],
    ['reject {code}', 'says why'],
  ])('%s is answered with what is wrong', (content, words) =>
    paged(async ({ fake, incident, decisions, handle, code }) => {
      await handle(noteRequest(fake, incident, content.replace('{code}', code)))

      expect(decisions).toEqual([])
      expect(ourNotes(incident)).toEqual([expect.stringContaining(words)])
    }),
  )

  test.each([
    ['nobody', null],
    ['an integration', { id: 'PINT', type: 'generic_events_api_inbound_integration_reference' }],
  ])('a note by %s decides nothing', (_, agent) =>
    paged(async ({ fake, incident, decisions, handle, code }) => {
      await handle(noteRequest(fake, incident, `approve ${code}`, { agent, user: 'PINT' }))

      expect(decisions).toEqual([])
      expect(ourNotes(incident)).toEqual([expect.stringContaining('only a person')])
    }),
  )

  test('with decideBy link-only no note decides, and no code is shown', () =>
    paged(
      async ({ fake, incident, decisions, handle, code }) => {
        expect(code).toBe('')
        await handle(noteRequest(fake, incident, 'approve 7Q2M-XK4D'))

        expect(decisions).toEqual([])
        expect(ourNotes(incident)).toEqual([expect.stringContaining('Use the page')])
        expect(incident.links).toMatchObject([{ href: 'https://loops.example/decide' }])
      },
      { decideBy: 'link-only', decisionUrl: () => 'https://loops.example/decide' },
    ))
})

test('a person in whose place somebody voted is not told to have voted', () =>
  paged(
    async ({ fake, incident, code, handle }) => {
      await handle(noteRequest(fake, incident, `approve ${code}`))

      expect(ourNotes(incident)).toEqual([expect.stringContaining('or somebody in your place')])
    },
    { answer: { status: 'refused', reason: 'already_voted' } },
  ))

test('a decision on a withdrawn request is answered as taken back, not as decided', () =>
  paged(
    async ({ fake, incident, code, handle }) => {
      await handle(noteRequest(fake, incident, `approve ${code}`))

      expect(ourNotes(incident)).toEqual([expect.stringContaining('it was taken back.')])
    },
    {
      decide: async () => ({
        status: 'refused',
        reason: 'already_decided',
        request: { ...request, status: 'cancelled' },
      }),
    },
  ))
