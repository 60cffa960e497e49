import { afterAll, beforeAll, expect, test } from 'vitest'

import { createLoopClient, type HeardEvent, type LoopClient } from './index.ts'
import { browser, serve, type Served } from './served.fixture.ts'

let served: Served
let bot: LoopClient
beforeAll(async () => {
  served = await serve()
  bot = createLoopClient({ url: served.url, credential: served.key, sleep: soon, retries: 9 })
})
afterAll(() => served.close())

/** Waits, but never longer than a test has patience for; limits of a minute stay as they are. */
function soon(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve()
    const timer = setTimeout(resolve, ms < 30_000 ? 20 : ms)
    signal?.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}

async function take(
  events: AsyncIterable<HeardEvent>,
  count: number,
): Promise<readonly HeardEvent[]> {
  const heard: HeardEvent[] = []
  for await (const event of events) if (heard.push(event) === count) break
  return heard
}

test('events come through a restart of the server without a gap or a double', async () => {
  const opened = Promise.withResolvers<void>()
  const heard = take(bot.events({ onOpen: () => opened.resolve() }), 60)
  await opened.promise
  for (let index = 0; index < 60; index++) {
    if (index % 20 === 10) await served.restart()
    await bot.instances.start({ loopId: 'refund', aggregateId: `run-${index}` })
  }

  expect((await heard).map(({ event }) => event.subject)).toEqual(
    Array.from({ length: 60 }, (_, index) => `run-${index}`),
  )
})

test('a reader goes on behind the event that it read last', async () => {
  const [first] = await take(bot.events({ last: 100, type: 'loop.started' }), 1)
  const [next] = await take(bot.events({ lastEventId: first?.id ?? '' }), 1)

  expect([first?.event.subject, next?.event.subject]).toEqual(['run-0', 'run-1'])
})

test('a stream ends with its signal, and is refused with an error that says why', async () => {
  const abort = new AbortController()
  const heard = take(bot.events({ signal: abort.signal, onOpen: () => abort.abort() }), 1)

  expect(await heard).toEqual([])
  await expect(take(bot.events({ lastEventId: '999999' }), 1)).rejects.toMatchObject({
    status: 400,
  })
  const stranger = createLoopClient({ url: served.url, credential: 'lk_none' })
  await expect(take(stranger.events(), 1)).rejects.toMatchObject({ code: 'auth' })
})

test('a line that is cut anywhere is read whole', async () => {
  const text =
    ': hello\r\n\r\nretry: 5\n\nid: 1.0\ndata: {"subject":"ü",\ndata: "x":1}\n\nid: 2\n\nid: 3.0\r\ndata:{"subject":"b"}\r\n\r\n'
  const bytes = new TextEncoder().encode(text)
  for (let cut = 1; cut < bytes.length; cut++) {
    const parts = [bytes.slice(0, cut), bytes.slice(cut)]
    const body = (): ReadableStream =>
      new ReadableStream({
        start(controller) {
          for (const part of parts) controller.enqueue(part)
          controller.close()
        },
      })
    const client = createLoopClient({
      url: served.url,
      sleep: soon,
      fetch: async () => new Response(body(), { headers: { 'content-type': 'text/event-stream' } }),
    })
    const heard = await take(client.events(), 2)

    expect(heard).toMatchObject([
      { id: '1.0', event: { subject: 'ü', x: 1 } },
      { id: '3.0', event: { subject: 'b' } },
    ])
  }
})

test('who waits for people is woken when they have decided', async () => {
  await bot.instances.start({ loopId: 'refund', aggregateId: 'wait' })
  const asked = await bot.instances.transition('wait', {
    transition: 'pay',
    evidence: { amount: 1 },
  })
  const requestId = asked.status === 'pending_approval' ? asked.approvalId : ''
  const waiting = bot.approvals.wait(requestId)
  const alice = createLoopClient({ url: served.url, fetch: browser(served.url) })
  await alice.session.open(served.invite('alice', ['finance']))
  await alice.approvals.decide(await alice.approvals.get(requestId), { decision: 'approve' })

  expect(await waiting).toMatchObject({ status: 'approved' })
  expect(await bot.approvals.wait(requestId)).toMatchObject({ status: 'approved' })
  await expect(bot.approvals.wait('none')).rejects.toMatchObject({ code: 'not_found' })
})
