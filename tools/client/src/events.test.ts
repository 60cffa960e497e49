import { afterAll, beforeAll, expect, test } from 'vitest'

import { createLoopClient, type HeardEvent, type LoopClient } from './index.ts'
import { browser, serve, type Served } from './served.fixture.ts'

let served: Served
let bot: LoopClient
beforeAll(async () => {
  served = await serve()
  bot = createLoopClient({
    baseUrl: served.url,
    credential: served.key,
    clock: { sleep: soon },
    maxRetries: 9,
  })
})
afterAll(() => served.close())

/** Shortens pauses for the test, and leaves limits of a minute as they are. */
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

test('a reader continues behind its last event after a restart of the server, without gaps or repetitions', async () => {
  const opened = Promise.withResolvers<void>()
  const hearing = take(bot.events({ onOpen: () => opened.resolve() }), 60)
  await opened.promise
  for (let index = 0; index < 60; index++) {
    if (index % 20 === 10) await served.restart()
    await bot.instances.start({ loopId: 'refund', aggregateId: `run-${index}` })
  }

  const heard = await hearing
  expect(heard.map(({ event }) => event.subject)).toEqual(
    Array.from({ length: 60 }, (_, index) => `run-${index}`),
  )
  const [next] = await take(bot.events({ lastEventId: heard[0]?.id ?? '' }), 1)
  const [last] = await take(bot.events({ last: 1, type: 'loop.started' }), 1)
  expect([next?.event.subject, last?.event.subject]).toEqual(['run-1', 'run-59'])
})

test('a stream ends with its signal, and a refused stream throws the reason', async () => {
  const abort = new AbortController()
  const heard = take(bot.events({ signal: abort.signal, onOpen: () => abort.abort() }), 1)

  expect(await heard).toEqual([])
  await expect(take(bot.events({ lastEventId: '999999' }), 1)).rejects.toMatchObject({
    status: 400,
  })
  const stranger = createLoopClient({ baseUrl: served.url, credential: 'lk_none' })
  await expect(take(stranger.events(), 1)).rejects.toMatchObject({ code: 'auth' })
})

test('an event is read although the network splits it anywhere', async () => {
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
      baseUrl: served.url,
      clock: { sleep: soon },
      fetch: async () => new Response(body(), { headers: { 'content-type': 'text/event-stream' } }),
    })
    const heard = await take(client.events(), 2)

    expect(heard).toMatchObject([
      { id: '1.0', event: { subject: 'ü', x: 1 } },
      { id: '3.0', event: { subject: 'b' } },
    ])
  }
})

test.each([
  ['text/html', '<h1>Back soon</h1>'],
  ['text/event-stream', 'id: 1.0\ndata: {"subject":\n\nid: 2.0\ndata: {}\n\n'],
])('an answer that is no stream of events throws at once (%s)', async (type, text) => {
  const abort = new AbortController()
  const client = createLoopClient({
    baseUrl: served.url,
    clock: { sleep: soon },
    fetch: async () => new Response(text, { headers: { 'content-type': type } }),
  })
  const onBreak = (): void => abort.abort()

  await expect(take(client.events({ signal: abort.signal, onBreak }), 1)).rejects.toMatchObject({
    code: 'bad_response',
  })
})

test.each([
  ['1800', 1_800_000],
  ['2592000', 3_600_000],
])('the reader observes a Retry-After of %s seconds', async (after, ms) => {
  const abort = new AbortController()
  const pauses: number[] = []
  const client = createLoopClient({
    baseUrl: served.url,
    timeoutMs: 60_000,
    fetch: async () => new Response('down', { status: 503, headers: { 'retry-after': after } }),
    clock: {
      sleep: async (pauseMs, signal) => {
        if (pauseMs === 60_000) return soon(pauseMs, signal)
        pauses.push(pauseMs)
        abort.abort()
      },
    },
  })

  expect(await take(client.events({ signal: abort.signal }), 1)).toEqual([])
  expect(pauses).toEqual([ms])
})

test('wait resolves when people have decided', async () => {
  await bot.instances.start({ loopId: 'refund', aggregateId: 'wait' })
  const asked = await bot.instances.transition('wait', {
    transition: 'pay',
    evidence: { amount: 1 },
  })
  const requestId = asked.status === 'pending_approval' ? asked.approvalId : ''
  const waiting = bot.approvals.wait(requestId)
  const alice = createLoopClient({ baseUrl: served.url, fetch: browser(served.url) })
  await alice.session.open(served.invite('alice', ['finance']))
  await alice.approvals.decide(await alice.approvals.get(requestId), { decision: 'approve' })

  expect(await waiting).toMatchObject({ status: 'approved' })
  expect(await bot.approvals.wait(requestId)).toMatchObject({ status: 'approved' })
  await expect(bot.approvals.wait('none')).rejects.toMatchObject({ code: 'not_found' })
})

test('a wait that is aborted resolves to the request as last seen, and a wait that fails throws', async () => {
  await bot.instances.start({ loopId: 'refund', aggregateId: 'stop' })
  const asked = await bot.instances.transition('stop', {
    transition: 'pay',
    evidence: { amount: 1 },
  })
  const requestId = asked.status === 'pending_approval' ? asked.approvalId : ''
  const abort = new AbortController()
  let looks = 0
  const client = (lookAgain: typeof fetch): LoopClient => {
    looks = 0
    const watched: typeof fetch = async (input, init) => {
      const isLook = typeof input === 'string' && input.endsWith(encodeURIComponent(requestId))
      return isLook && ++looks === 2 ? lookAgain(input, init) : fetch(input, init)
    }
    return createLoopClient({ baseUrl: served.url, credential: served.key, fetch: watched })
  }

  const leaving = client((input, init) => {
    abort.abort()
    return fetch(input, init)
  })
  const left = await leaving.approvals.wait(requestId, { signal: abort.signal })
  expect(left).toMatchObject({ id: requestId, status: 'pending' })
  const refused = client(async () => Response.json({ code: 'auth' }, { status: 401 }))
  await expect(refused.approvals.wait(requestId)).rejects.toMatchObject({ code: 'auth' })
})

test('a late answer does not replace the final request', async () => {
  await bot.instances.start({ loopId: 'refund', aggregateId: 'late' })
  const asked = await bot.instances.transition('late', {
    transition: 'pay',
    evidence: { amount: 1 },
  })
  const requestId = asked.status === 'pending_approval' ? asked.approvalId : ''
  const pending = await bot.approvals.get(requestId)
  const alice = createLoopClient({ baseUrl: served.url, fetch: browser(served.url) })
  await alice.session.open(served.invite('alice', ['finance']))
  // The request at the opening of the stream is answered from before the decision, but arrives after the later answer.
  const late = Promise.withResolvers<void>()
  let looks = 0
  const held: typeof fetch = async (input, init) => {
    if (typeof input !== 'string' || !input.endsWith(encodeURIComponent(requestId)))
      return fetch(input, init)
    looks += 1
    if (looks !== 2) return fetch(input, init)
    await alice.approvals.decide(pending, { decision: 'reject' })
    await late.promise
    return Response.json(pending)
  }
  const sleep = async (ms: number, signal?: AbortSignal): Promise<void> => {
    if (!signal?.aborted) return soon(ms, signal)
    late.resolve()
    await new Promise((resolve) => setImmediate(resolve))
  }
  const waiting = createLoopClient({
    baseUrl: served.url,
    credential: served.key,
    fetch: held,
    clock: { sleep },
  })

  expect(await waiting.approvals.wait(requestId)).toMatchObject({ status: 'rejected' })
})

test('aborting a wait ends it although the server does not answer', async () => {
  const abort = new AbortController()
  const silent: typeof fetch = (_, init) =>
    new Promise((_resolve, reject) => {
      init?.signal?.addEventListener('abort', () => reject(new DOMException('x', 'AbortError')))
      abort.abort()
    })
  const client = createLoopClient({ baseUrl: served.url, fetch: silent, clock: { sleep: soon } })

  await expect(client.approvals.wait('x', { signal: abort.signal })).rejects.toMatchObject({
    code: 'aborted',
  })
})
