import { afterEach, expect, test } from 'vitest'

import { refuse } from './fake-slack.fixture.ts'
import { openDesk, type Desk } from './slack-desk.fixture.ts'

let desk: Desk
afterEach(() => desk.close())

const options = { appToken: 'xapp-1-secret', signingSecret: undefined, secrets: ['k'.repeat(32)] }

async function envelope(id: string, payload: object): Promise<unknown> {
  const [socket] = desk.vendor.slack.sockets
  const { promise, resolve } = Promise.withResolvers<unknown>()
  socket?.on('message', (data) => {
    const answer = JSON.parse((data as Buffer).toString()) as { envelope_id?: string }
    if (answer.envelope_id === id) resolve(answer)
  })
  socket?.send(
    JSON.stringify({
      type: 'interactive',
      envelope_id: id,
      payload,
      accepts_response_payload: true,
    }),
  )
  const answer = await promise
  await desk.channel.settled()
  await desk.drain()
  return answer
}

test('by web socket a person approves once and gets an answer', async () => {
  desk = await openDesk(options)
  await desk.channel.start()
  const { id } = await desk.ask({ amount: 1 })
  const click = desk.click(id)

  const answer = await envelope('e1', click)
  await envelope('e2', click)

  expect(answer).toMatchObject({ envelope_id: 'e1' })
  expect(desk.paid).toEqual([{ amount: 1 }])
  expect(desk.decisions).toHaveLength(1)
  expect(desk.vendor.slack.whispers).toHaveLength(1)
})

test('by web socket a form is corrected and then counts', async () => {
  desk = await openDesk(options)
  await desk.channel.start()
  const { id } = await desk.ask({ amount: 1 })
  await envelope(
    'e1',
    desk.vendor.press('reject', { requestId: id, revision: 1, person: 'bob', deliveryId: 'd' }),
  )
  const form = { id: desk.vendor.slack.views[0]?.id ?? '', user: 'UBOB' }

  const first = await envelope('e2', desk.vendor.submit(form, { reason: null }))
  await envelope('e3', desk.vendor.submit(form, { reason: 'no' }))

  expect(first).toMatchObject({ payload: { response_action: 'errors' } })
  expect(await desk.request(id)).toMatchObject({ status: 'rejected' })
})

test('without a signing secret no HTTP request is accepted, not even one signed with an empty secret', async () => {
  desk = await openDesk(options)
  const { id } = await desk.ask({ amount: 1 })
  const click = desk.click(id)

  expect((await desk.handle(desk.vendor.sign(click, { secret: '' }))).status).toBe(404)
  expect(desk.paid).toEqual([])
})

test('close ends the connection', async () => {
  desk = await openDesk(options)
  await desk.channel.start()
  expect(desk.vendor.slack.sockets.size).toBe(1)
  const [socket] = desk.vendor.slack.sockets
  const closed = new Promise((resolve) => socket?.on('close', resolve))

  await desk.channel.close()
  await closed

  expect(desk.vendor.slack.sockets.size).toBe(0)
})

test('the error for a refused connection does not quote the token', async () => {
  desk = await openDesk(options)
  desk.vendor.slack.faults.set('apps.connections.open', () => refuse('invalid_auth'))

  const failing = desk.channel.start()

  await expect(failing).rejects.toMatchObject({ code: 'unavailable', plugin: 'slack' })
  expect(JSON.stringify(await failing.catch((error: unknown) => error))).not.toContain('xapp-1')
})

test('start without an app token says what is missing', async () => {
  desk = await openDesk()

  await expect(desk.channel.start()).rejects.toMatchObject({
    code: 'invalid_config',
    path: '/appToken',
  })
})
