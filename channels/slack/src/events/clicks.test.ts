import { afterEach, expect, test } from 'vitest'

import { createCardTokens } from '../card/card-token.ts'
import { refuse } from '../fake-slack.fixture.ts'
import { openDesk, type Desk } from '../slack-desk.fixture.ts'
import { conversation, signingSecret } from '../slack-people.fixture.ts'

let desk: Desk
afterEach(() => desk.close())

const lastForm = () => desk.vendor.slack.views.at(-1)

test('a rejection asks for a reason, records it, and closes its form', async () => {
  desk = await openDesk()
  const { id } = await desk.ask({ amount: 1 })
  await desk.press('reject', { requestId: id })
  const form = { id: lastForm()?.id ?? '', user: 'UALICE' }

  const empty = await desk.handle(desk.vendor.sign(desk.vendor.submit(form, { reason: '  ' })))
  expect(await empty.json()).toMatchObject({
    response_action: 'errors',
    errors: { reason: expect.any(String) },
  })
  const sent = await desk.handle(
    desk.vendor.sign(desk.vendor.submit(form, { reason: 'not *ours* <!here>' })),
  )

  expect(await sent.json()).toEqual({ response_action: 'clear' })
  expect(await desk.request(id)).toMatchObject({
    status: 'rejected',
    decisions: [{ reason: 'not *ours* <!here>', reviewer: { id: 'alice' } }],
  })
  expect(desk.paid).toEqual([])
  expect(desk.card()).toContain('Rejected')
  expect(desk.card()).toContain('not *ours* &lt;!here&gt;')
  expect(desk.vendor.slack.whispers.at(-1)?.text).toContain('rejection is recorded')
})

test('a person in whose place somebody voted is not told to have voted', async () => {
  desk = await openDesk({ decide: async () => ({ status: 'refused', reason: 'already_voted' }) })
  const { id } = await desk.ask({ amount: 1 })

  await desk.press('approve', { requestId: id })

  expect(desk.vendor.slack.whispers.at(-1)?.text).toContain('or somebody has in your place')
})

test('a click on a withdrawn request is answered as taken back, not as decided', async () => {
  desk = await openDesk({
    async decide({ requestId }) {
      const request = { ...(await desk.request(requestId)), status: 'cancelled' as const }
      return { status: 'refused', reason: 'already_decided', request }
    },
  })
  const { id } = await desk.ask({ amount: 1 })

  await desk.press('approve', { requestId: id })

  const told = desk.vendor.slack.whispers.at(-1)?.text
  expect(told).toContain('taken back')
  expect(told).not.toContain('decided already')
})

test('a form that another person sends decides nothing', async () => {
  desk = await openDesk()
  const { id } = await desk.ask({ amount: 1 })
  await desk.press('reject', { requestId: id })
  const form = desk.vendor.submit({ id: lastForm()?.id ?? '', user: 'UBOB' }, { reason: 'x' })

  const answer = await desk.handle(desk.vendor.sign(form))

  expect(await answer.json()).toMatchObject({ response_action: 'update' })
  expect(desk.decisions).toEqual([])
})

test('a button with the token of another purpose decides nothing, and the answer says so', async () => {
  desk = await openDesk()
  const { id, tenant, revision, viewHash } = await desk.ask({ amount: 1 })
  const facts = { tenant, requestId: id, revision, viewHash, channel: conversation }
  const tokens = createCardTokens([signingSecret])
  const foreign = createCardTokens(['another key, as long as it has to be'])
  const values = [
    'garbage',
    '',
    JSON.stringify(facts),
    tokens.seal('reject', facts),
    foreign.seal('approve', facts),
    tokens.seal('approve', { ...facts, channel: 'C0OTHER' }),
    `${tokens.seal('approve', facts).slice(0, -4)}AAAA`,
  ]

  for (const [index, value] of values.entries()) {
    const action_ts = `1767225600.${index}`
    const actions = [{ action_id: 'loop:approve', value, action_ts }]
    await desk.press('approve', { requestId: id, change: { actions } })
  }

  expect(desk.decisions).toEqual([])
  expect(desk.vendor.slack.whispers).toHaveLength(values.length)
})

test('a click of another app, or on a missing request, gets an answer', async () => {
  desk = await openDesk()
  const { id, tenant, viewHash } = await desk.ask({ amount: 1 })
  const value = createCardTokens([signingSecret]).seal('approve', {
    tenant,
    requestId: 'nobody-asked-this',
    revision: 1,
    viewHash,
    channel: conversation,
  })
  const actions = [{ action_id: 'loop:approve', value, action_ts: '1767225600.7' }]

  await desk.press('approve', { requestId: id, change: { api_app_id: 'AOTHER' } })
  await desk.press('approve', { requestId: id, change: { actions } })

  const [first, second] = desk.vendor.slack.whispers
  expect(first?.text).toContain('can no longer be used')
  expect(second?.text).toContain('does not exist')
})

test('the person is told if Slack did not open the form', async () => {
  desk = await openDesk()
  const { id } = await desk.ask({ amount: 1 })
  desk.vendor.slack.faults.set('views.open', () => refuse('expired_trigger_id'))

  await desk.press('reject', { requestId: id })

  expect(desk.vendor.slack.whispers.at(-1)?.text).toContain('click again')
})

test('a person who has left the conversation gets a direct message', async () => {
  desk = await openDesk()
  const { id } = await desk.ask({ amount: 1 })
  desk.vendor.slack.faults.set('chat.postEphemeral', () => refuse('user_not_in_channel'))

  await desk.press('approve', { requestId: id })

  const told = desk.vendor.slack.messages.find(({ channel }) => channel === 'UALICE')
  expect(told?.versions[0]?.text).toContain('is recorded')
})

test('the click on the link to the console is acknowledged and does nothing', async () => {
  desk = await openDesk()
  const { id } = await desk.ask({ amount: 1 })
  const actions = [{ action_id: 'loop:console', action_ts: '1767225600.1' }]

  const { status } = await desk.press('approve', { requestId: id, change: { actions } })

  expect(status).toBe(200)
  expect(desk.decisions).toEqual([])
})
