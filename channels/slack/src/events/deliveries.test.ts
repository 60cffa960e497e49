import { afterEach, expect, test } from 'vitest'

import { botToken } from '../fake-slack.fixture.ts'
import { openDesk, type Desk } from '../slack-desk.fixture.ts'

let desk: Desk
afterEach(() => desk.close())

test('two people who click at once make a quorum of two, and the card shows the count', async () => {
  desk = await openDesk()
  const { id } = await desk.ask({ amount: 1 }, { large: true })
  expect(desk.card()).toContain('Approvals: 0 of 2')
  const click = (person: string) => desk.vendor.sign(desk.click(id, person))

  await Promise.all([desk.channel.handle(click('alice')), desk.channel.handle(click('bob'))])
  await desk.channel.settled()
  await desk.drain()

  expect(desk.paid).toEqual([{ amount: 1 }])
  expect(desk.card()).toContain('Approved')
  expect(desk.vendor.slack.whispers).toHaveLength(2)
})

test('a click that Slack delivers twice decides and answers once', async () => {
  desk = await openDesk()
  const { id } = await desk.ask({ amount: 1 }, { large: true })
  const payload = desk.click(id)
  const again = desk.vendor.sign(payload)
  again.headers.set('x-slack-retry-num', '1')

  await Promise.all([desk.handle(desk.vendor.sign(payload)), desk.handle(again)])
  await desk.handle(desk.vendor.sign(payload))

  expect(desk.decisions).toHaveLength(1)
  expect(desk.vendor.slack.whispers).toHaveLength(1)
})

test('the first delivery to arrive counts, even if Slack marks it as a retry', async () => {
  desk = await openDesk()
  const { id } = await desk.ask({ amount: 1 })
  const event = desk.vendor.sign(desk.click(id))
  event.headers.set('x-slack-retry-num', '3')

  await desk.handle(event)

  expect(desk.paid).toHaveLength(1)
})

test('long work is acknowledged after two seconds and goes on', async () => {
  desk = await openDesk()
  const { id } = await desk.ask({ amount: 1 })
  const { promise, resolve } = Promise.withResolvers<void>()
  const asked = Promise.withResolvers<void>()
  desk.vendor.slack.faults.set('users.info', async () => {
    asked.resolve()
    await promise
    return { body: { ok: true, user: desk.vendor.slack.users.get('UALICE') } }
  })
  const event = desk.vendor.sign(desk.click(id))
  const answering = desk.channel.handle(event)
  await asked.promise

  desk.clock.advance(2000)
  expect((await answering).status).toBe(200)
  expect(desk.decisions).toEqual([])
  resolve()
  await desk.channel.settled()

  expect(desk.decisions).toHaveLength(1)
  expect(desk.vendor.slack.whispers).toHaveLength(1)
})

test('after an unexpected error the person is told, and no secret is reported', async () => {
  desk = await openDesk({
    decide: async () => {
      throw new Error(`the store said ${botToken} and evidence`)
    },
  })
  const { id } = await desk.ask({ amount: 1 })

  await desk.press('approve', { requestId: id })

  expect(desk.vendor.slack.whispers.at(-1)?.text).toContain('not certain that this was recorded')
  expect(JSON.stringify([desk.problems, desk.problems.map(String)])).not.toContain(botToken)
  expect(desk.problems.every(({ cause }) => cause === undefined)).toBe(true)
})

test('a LoopError is reported unchanged, also one of another copy of the core', async () => {
  const foreign = Object.assign(new Error('The store is away.'), {
    code: 'unavailable',
    [Symbol.for('@loop-engine/error')]: true,
  })
  desk = await openDesk({
    decide: async () => {
      throw foreign
    },
  })
  const { id } = await desk.ask({ amount: 1 })

  await desk.press('approve', { requestId: id })

  expect(desk.problems).toContain(foreign)
})

test('the person gets an answer even if `onError` throws', async () => {
  desk = await openDesk({
    decide: async () => {
      throw new Error('The store is away.')
    },
    onError: () => {
      throw new Error('The reporter is away too.')
    },
  })
  const { id } = await desk.ask({ amount: 1 })

  await desk.press('approve', { requestId: id })

  expect(desk.vendor.slack.whispers.at(-1)?.text).toContain('not certain that this was recorded')
})
