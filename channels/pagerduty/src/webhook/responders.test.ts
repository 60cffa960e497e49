import { describe, expect, test } from 'vitest'

import { noteRequest, ourNotes } from '../board.fixture.ts'
import { botEmail } from '../fake-pagerduty.fixture.ts'
import { paged, type Opened } from '../paged.fixture.ts'
import { createResponders } from './responders.ts'

describe('people', () => {
  const approveAs = async (
    { fake, incident, code, handle }: Opened,
    user: string,
  ): Promise<string> => {
    await handle(noteRequest(fake, incident, `approve ${code}`, { user, id: `by-${user}` }))
    return ourNotes(incident).at(-1) ?? ''
  }

  test('a person who is not on call for this incident now cannot decide', () =>
    paged(
      async (opened) => {
        const { fake, decisions } = opened
        const shift = { user: { id: 'PBOB' }, escalation_policy: { id: 'PPOLICY' } }
        fake.onCall.push(
          { ...shift, escalation_level: 1 },
          { ...shift, user: { id: 'PMALLORY' }, escalation_level: 3 },
        )
        fake.onCall.push({
          user: { id: 'PALICE' },
          escalation_policy: { id: 'POTHER' },
          escalation_level: 1,
        })

        expect(await approveAs(opened, 'PALICE')).toContain('not on call')
        expect(await approveAs(opened, 'PMALLORY')).toContain('not on call')
        expect(decisions).toEqual([])
        await approveAs(opened, 'PBOB')
        expect(decisions).toMatchObject([{ reviewer: { id: 'bob' } }])
      },
      { responders: { who: 'on-call', maxLevel: 2 } },
    ))

  test('a person who is not listed cannot decide, and is not looked up', () =>
    paged(
      async (opened) => {
        expect(await approveAs(opened, 'PALICE')).toContain('not among those')
        expect(opened.fake.calls.some(({ path }) => path.startsWith('/users/'))).toBe(false)
        await approveAs(opened, 'PBOB')
        expect(opened.decisions).toHaveLength(1)
      },
      { responders: { who: 'listed', users: ['PBOB'] } },
    ))

  test('a table maps only its own entries, and no property of every object', () =>
    paged(
      async (opened) => {
        expect(await approveAs(opened, 'constructor')).toContain('nobody here knows')
        await approveAs(opened, 'PBOB')
        expect(opened.decisions).toMatchObject([{ reviewer: { id: 'robert' } }])
      },
      { people: { by: 'table', table: { PBOB: 'robert' } } },
    ))

  test.each([
    ['is gone', undefined, 'nobody here knows'],
    [
      'has not accepted the invitation',
      { email: 'new@acme.example', invitation_sent: true },
      'invitation',
    ],
    [
      'is the account we write with, in other letters',
      { email: botEmail.toUpperCase() },
      'the account',
    ],
  ])('a user who %s decides nothing', (_, user, words) =>
    paged(async (opened) => {
      if (user) opened.fake.users.set('PNEW', user)

      expect(await approveAs(opened, 'PNEW')).toContain(words)
      expect(opened.decisions).toEqual([])
    }),
  )
})

test.each([
  ['another policy', { userId: 'PALICE', policyId: 'POTHER', level: 1 }],
  ['another user', { userId: 'PBOB', policyId: 'PPOLICY', level: 1 }],
])('an answer about %s, which was not asked for, counts nobody as on call', async (_, onCall) => {
  const { identify } = createResponders({
    calls: {
      user: async () => ({ email: 'alice@acme.example', isInvited: false }),
      policyOf: async () => 'PPOLICY',
      onCalls: async () => [onCall],
    },
    people: { by: 'email' },
    responders: { who: 'on-call' },
    from: botEmail,
  })

  const { signal } = new AbortController()
  expect(await identify({ id: 'PALICE', isPerson: true }, 'PINC', signal)).toEqual({
    stranger: 'not_on_call',
  })
})
