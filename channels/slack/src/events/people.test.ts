import { afterEach, expect, test } from 'vitest'

import { refuse } from '../fake-slack.fixture.ts'
import { openDesk, type Desk } from '../slack-desk.fixture.ts'
import { member } from '../slack-people.fixture.ts'

let desk: Desk
afterEach(() => desk.close())

const byEmail = {
  people: { by: 'email', principalOf: (email: string) => email.split('@')[0] ?? null },
} as const

const strangers: readonly (readonly [string, object, RegExp])[] = [
  ['a guest of one channel', { is_ultra_restricted: true }, /guests/i],
  ['a guest', { is_restricted: true }, /guests/i],
  ['a bot', { is_bot: true }, /bots/i],
  ['a workflow', { is_workflow_bot: true }, /bots/i],
  ['somebody deactivated', { deleted: true }, /deactivated/],
  ['a stranger of Slack Connect', { is_stranger: true }, /another workspace/],
  ['a member of another workspace', { team_id: 'TELSEWHERE' }, /another workspace/],
  ['somebody else than who was asked for', { id: 'UEVIL' }, /another workspace/],
]
for (const [who, change, says] of strangers) {
  for (const [how, options] of [
    ['e-mail', byEmail],
    ['table', {}],
  ] as const) {
    test(`${who} decides nothing and is told why (people by ${how})`, async () => {
      desk = await openDesk(options)
      const { id } = await desk.ask({ amount: 1 })
      desk.vendor.slack.users.set('UALICE', member('UALICE', 'alice@example.com', change))

      await desk.press('approve', { requestId: id })

      expect(desk.decisions).toEqual([])
      expect(desk.vendor.slack.whispers).toEqual([
        expect.objectContaining({ user: 'UALICE', text: expect.stringMatching(says) }),
      ])
    })
  }
}

const payloads: readonly (readonly [string, object])[] = [
  ['signed for another workspace of the same app', { team: { id: 'TOTHER' } }],
  ['of a person of another workspace', { user: { id: 'UALICE', team_id: 'TOTHER' } }],
]
for (const [what, change] of payloads) {
  test(`a click ${what} decides nothing`, async () => {
    desk = await openDesk()
    const { id } = await desk.ask({ amount: 1 })

    await desk.press('approve', { requestId: id, change })

    expect(desk.decisions).toEqual([])
    expect(desk.vendor.answers().join()).toContain('another workspace')
  })
}

test('a person whose address is not confirmed is refused', async () => {
  desk = await openDesk(byEmail)
  const { id } = await desk.ask({ amount: 1 })
  for (const change of [
    { is_email_confirmed: false },
    { is_email_confirmed: undefined },
    { profile: {} },
  ]) {
    desk.vendor.slack.users.set('UALICE', member('UALICE', 'alice@example.com', change))
    desk.clock.advance(61_000)
    await desk.press('approve', { requestId: id })
  }

  expect(desk.decisions).toEqual([])
  expect(desk.vendor.answers()).toHaveLength(3)
  expect(new Set(desk.vendor.answers()).size).toBe(1)
})

test('the principal is the address in lower case, and the record says how the person was identified', async () => {
  desk = await openDesk(byEmail)
  const { id } = await desk.ask({ amount: 1 })
  desk.vendor.slack.users.set('UALICE', member('UALICE', 'Alice@Example.com'))

  await desk.press('approve', { requestId: id })

  expect(desk.paid).toEqual([{ amount: 1 }])
  expect(desk.decisions).toMatchObject([
    {
      reviewer: { type: 'human', id: 'alice' },
      assurance: { method: 'slack', issuer: 'THOME', subject: 'UALICE' },
      proof: { user: 'UALICE', team: 'THOME', action: 'loop:approve' },
    },
  ])
})

test('nobody can decide while Slack does not answer who clicked, and a later click counts', async () => {
  desk = await openDesk()
  const { id } = await desk.ask({ amount: 1 })
  desk.vendor.slack.faults.set('users.info', () => refuse('internal_error'))
  await desk.press('approve', { requestId: id })
  expect(desk.decisions).toEqual([])
  expect(desk.vendor.answers().join()).toContain('did not tell us who you are')

  desk.vendor.slack.faults.clear()
  await desk.press('approve', { requestId: id })

  expect(desk.paid).toHaveLength(1)
})

test('a person who was deactivated a minute ago can no longer decide', async () => {
  desk = await openDesk()
  const { id } = await desk.ask({ amount: 1 }, { large: true })
  await desk.press('approve', { requestId: id })
  desk.vendor.slack.users.set('UALICE', member('UALICE', 'alice@example.com', { deleted: true }))
  desk.clock.advance(61_000)

  await desk.press('reject', { requestId: id })

  expect(desk.vendor.answers().at(-1)).toContain('deactivated')
  expect(await desk.request(id)).toMatchObject({ status: 'pending' })
})

test('in an Enterprise organisation, people of its other workspaces can decide', async () => {
  desk = await openDesk()
  desk.vendor.slack.workspace.enterprise_id = 'E1'
  const { id } = await desk.ask({ amount: 1 })
  const change = { team_id: 'TSIBLING', enterprise_user: { enterprise_id: 'E1' } }
  desk.vendor.slack.users.set('UALICE', member('UALICE', 'alice@example.com', change))
  desk.vendor.slack.users.set('UBOB', member('UBOB', 'bob@example.com', { team_id: 'TFOREIGN' }))

  const user = { id: 'UBOB', team_id: 'TFOREIGN' }
  await desk.press('approve', { requestId: id, person: 'bob', change: { user } })
  expect(desk.decisions).toEqual([])
  await desk.press('approve', {
    requestId: id,
    change: { user: { id: 'UALICE', team_id: 'TSIBLING' } },
  })

  expect(desk.paid).toHaveLength(1)
})
