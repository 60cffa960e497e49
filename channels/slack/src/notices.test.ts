import { afterEach, expect, test } from 'vitest'

import { textsOf } from './fake-slack.fixture.ts'
import { context, openDesk, type Desk } from './slack-desk.fixture.ts'

let desk: Desk
afterEach(() => desk.close())

test('a reminder is posted below the card, so that there are never two cards with buttons', async () => {
  desk = await openDesk()
  await desk.ask({ amount: 1 })
  desk.clock.advance(11 * 60_000)

  await desk.drain()

  const [card, reminder] = desk.vendor.slack.messages
  expect(reminder).toMatchObject({ threadTs: card?.ts })
  expect(reminder?.versions[0]?.text).toContain('Still waiting')
  expect(reminder?.versions[0]?.blocks).toEqual([])
})

test('an escalation to another conversation has its own card, and all cards are repainted', async () => {
  desk = await openDesk({
    conversation: ({ createdAt }) => (desk.clock.now() > createdAt ? 'C0BOSS' : 'C0LOOPS'),
  })
  const { id } = await desk.ask({ amount: 1 })
  desk.clock.advance(11 * 60_000)
  await desk.drain()
  expect(desk.vendor.slack.messages.map(({ channel }) => channel)).toEqual(['C0LOOPS', 'C0BOSS'])

  await desk.press('approve', { requestId: id })

  for (const { versions } of desk.vendor.slack.messages) {
    expect(versions.at(-1)?.text).toContain('Approved')
    expect(versions.at(-1)?.blocks.map(({ type }) => type)).not.toContain('actions')
  }
})

test('a notice that is delivered twice in one process makes one card', async () => {
  desk = await openDesk()
  const request = await desk.ask({ amount: 1 })
  const before = desk.vendor.slack.messages.length

  const refs = await Promise.all([desk.notifyAnew(request), desk.notifyAnew(request)])

  expect(desk.vendor.slack.messages).toHaveLength(before + 1)
  expect(refs[0]).toEqual(refs[1])
})

test('a card that was posted twice loses its buttons when it is clicked after the decision', async () => {
  desk = await openDesk()
  const request = await desk.ask({ amount: 1 })
  await desk.notifyAnew(request)
  const double = desk.vendor.slack.messages[1]
  await desk.press('approve', { requestId: request.id })

  const container = { channel_id: 'C0LOOPS', message_ts: double?.ts }
  await desk.press('approve', { requestId: request.id, change: { container } })

  expect(double?.versions.at(-1)?.text).toContain('Approved')
  expect(desk.paid).toHaveLength(1)
})

test.each(['reject', 'edit'] as const)(
  'such a card also loses its buttons at a click on %s, and the form is replaced by a notice',
  async (action) => {
    desk = await openDesk()
    const request = await desk.ask({ amount: 1 })
    await desk.notifyAnew(request)
    const double = desk.vendor.slack.messages[1]
    await desk.press('approve', { requestId: request.id })

    const container = { channel_id: 'C0LOOPS', message_ts: double?.ts }
    await desk.press(action, { requestId: request.id, person: 'bob', change: { container } })

    expect(double?.versions.at(-1)?.text).toContain('Approved')
    expect(textsOf(desk.vendor.slack.views[0]?.versions.at(-1)).join()).toContain('it is approved')
  },
)

test('the next reminder posts a new card if somebody deleted the card', async () => {
  desk = await openDesk()
  const { id } = await desk.ask({ amount: 1 })
  desk.vendor.slack.messages.length = 0
  desk.clock.advance(11 * 60_000)

  await desk.drain()
  await desk.press('approve', { requestId: id })

  expect(desk.vendor.slack.messages).toHaveLength(1)
  expect(desk.vendor.slack.messages[0]?.versions.at(-1)?.text).toContain('Approved')
})

test('if the policy asks for a stronger sign-in, the card has no approve button and says why', async () => {
  desk = await openDesk()
  const request = await desk.ask({ amount: 1 })
  const policy = { ...request.policy, assurance: 'oidc' as const }

  await desk.notifyAnew({ ...request, policy })

  const shown = desk.vendor.slack.messages[1]?.versions[0]
  const elements = shown?.blocks.flatMap((block) => block.elements ?? []) ?? []
  const ids = elements.map(({ action_id }) => action_id).filter(Boolean)
  expect(ids).toEqual(['loop:reject', 'loop:console'])
  expect(textsOf(shown).join()).toContain('signed in by: oidc or better')
})

test('the update of a deleted card does nothing', async () => {
  desk = await openDesk()
  const { id } = await desk.ask({ amount: 1 })
  desk.vendor.slack.messages.length = 0

  const request = await desk.request(id)
  const ref = request.messages['slack'] as Parameters<NonNullable<typeof desk.channel.update>>[0]

  await expect(desk.channel.update?.(ref, request, request.view, context)).resolves.toBeUndefined()
})

test('a repaint that fails is told of when those beside it have ended', async () => {
  desk = await openDesk()
  const request = await desk.ask({ amount: 1 })
  const { apiUrl, faults } = desk.vendor.slack
  const [failed, slow] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  let repaints = 0
  faults.set('chat.update', async () => {
    if ((repaints += 1) === 1) await slow.promise
    else failed.resolve()
    return { status: 500, body: {} }
  })
  const cards = ['C0LOOPS', 'C0BOSS'].map((channel) => ({ channel, ts: '1.1' }))
  let hasEnded = false

  const update = desk.channel.update?.({ cards }, request, request.view, context)
  const told = update?.catch((error: unknown) => {
    hasEnded = true
    return error
  })
  await failed.promise
  for (let later = 0; later < 3; later++) await fetch(`${apiUrl}auth.test`)
  const before = hasEnded
  slow.resolve()

  expect(await told).toMatchObject({ code: 'unavailable' })
  expect(before).toBe(false)
})

test('the card links to the request in the console, without a preview of the link', async () => {
  desk = await openDesk()
  const { id } = await desk.ask({ amount: 1 })

  const [{ params } = { params: {} }] = desk.calls('chat.postMessage')
  expect(params).toMatchObject({ unfurl_links: 'false', unfurl_media: 'false' })
  expect(JSON.stringify(params)).toContain(
    `"https://loops.example/app/inbox/${encodeURIComponent(id)}"`,
  )
  const shown = textsOf(params).join('\n')
  for (const fact of [
    'Risk: high',
    'amount (number, written by a model)',
    'agent:payer',
    'On behalf of: owner',
    'group:ops',
    'Approvals: 0 of 1',
    '<!date^',
  ])
    expect(shown).toContain(fact)
})
