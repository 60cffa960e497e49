import { afterAll, beforeAll, expect, test } from 'vitest'

import { createLoopClient, type LoopClientOptions } from './index.ts'
import { serve, type Served } from './served.fixture.ts'

let served: Served
beforeAll(async () => {
  served = await serve()
})
afterAll(() => served.close())

/** A network that loses the answers of the first so many requests, after the server has acted on them. */
function losing(answers: number): { fetch: typeof fetch; sent: () => number } {
  let sent = 0
  return {
    sent: () => sent,
    fetch: async (input, init) => {
      const response = await fetch(input, init)
      sent += 1
      if (sent > answers) return response
      await response.arrayBuffer()
      throw new TypeError('The connection was lost.')
    },
  }
}

const client = (options: Partial<LoopClientOptions>): ReturnType<typeof createLoopClient> =>
  createLoopClient({
    url: served.url,
    credential: served.key,
    sleep: () => Promise.resolve(),
    timeoutMs: 60_000,
    ...options,
  })

test('a request whose answer was lost is repeated, and happens once', async () => {
  const patient = { sleep: slow }
  const start = losing(2)
  const run = await client({ ...patient, fetch: start.fetch }).instances.start({
    loopId: 'refund',
    aggregateId: 'lost',
  })
  const note = losing(1)
  const result = await client({ ...patient, fetch: note.fetch }).instances.transition('lost', {
    signal: 'note',
  })

  expect([start.sent(), note.sent()]).toEqual([3, 2])
  expect(result).toMatchObject({ status: 'executed', replayed: true, runId: run.runId })
  expect((await client(patient).instances.get('lost')).version).toBe(2)
})

/** Returns at once, but for a time limit. */
async function slow(ms: number, signal?: AbortSignal): Promise<void> {
  if (ms < 60_000) return
  await new Promise((resolve) => signal?.addEventListener('abort', resolve))
}

test('what the server would not recognise again is sent once', async () => {
  const { fetch: lossy, sent } = losing(9)
  const stop = client({ sleep: slow, fetch: lossy }).stops.stop({
    target: { loopId: 'x' },
    reason: 'r',
  })

  await expect(stop).rejects.toMatchObject({ code: 'network', retryable: true })
  expect(sent()).toBe(1)
})

test('it gives up after the retries it was given', async () => {
  const { fetch: lossy, sent } = losing(9)

  await expect(
    client({ sleep: slow, fetch: lossy, retries: 1 }).definitions.list(),
  ).rejects.toMatchObject({ code: 'network' })
  expect(sent()).toBe(2)
})

test('a server that is busy is asked again when it says', async () => {
  const pauses: number[] = []
  let asked = 0
  const busy: typeof fetch = async (input, init) => {
    asked += 1
    if (asked > 1) return fetch(input, init)
    return Response.json(
      { code: 'rate_limited', retryable: true },
      { status: 429, headers: { 'retry-after': '7' } },
    )
  }
  const sleep = (ms: number, signal?: AbortSignal): Promise<void> => {
    if (ms < 60_000) pauses.push(ms)
    return slow(ms, signal)
  }

  expect(await client({ fetch: busy, sleep }).definitions.list()).toHaveLength(1)
  expect(pauses).toEqual([7000])
})

test('waiting has an end, set by time or by the caller', async () => {
  const silent: typeof fetch = (_, init) =>
    new Promise((_resolve, reject) => {
      init?.signal?.addEventListener('abort', () => reject(new DOMException('x', 'AbortError')))
    })
  const abort = new AbortController()
  const aborted = client({ fetch: silent, sleep: slow }).definitions.list({ signal: abort.signal })
  abort.abort()

  await expect(aborted).rejects.toMatchObject({ code: 'aborted' })
  await expect(client({ fetch: silent, retries: 0 }).definitions.list()).rejects.toMatchObject({
    code: 'timeout',
  })
})

test('an answer that is not of this server is a bad response, and is never quoted', async () => {
  const page = async (): Promise<Response> => new Response('<h1>secret</h1>')
  const gone = async (): Promise<Response> => new Response('<h1>secret</h1>', { status: 404 })

  for (const fetched of [page, gone]) {
    const error = await client({ fetch: fetched, sleep: slow }).definitions.list().catch(String)
    expect(error).not.toContain('secret')
  }
  await expect(client({ fetch: page, sleep: slow }).definitions.list()).rejects.toMatchObject({
    code: 'bad_response',
  })
  await expect(client({ fetch: gone, sleep: slow }).definitions.list()).rejects.toMatchObject({
    code: 'bad_response',
    status: 404,
  })
})
