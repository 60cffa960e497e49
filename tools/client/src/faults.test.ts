import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { createLoopClient, type CallOptions, type LoopClientOptions } from './index.ts'
import { serve, type Served } from './served.fixture.ts'

let served: Served
beforeAll(async () => {
  served = await serve()
})
afterAll(() => served.close())

/** A network that loses the answers to the first requests, after the server has acted on them. */
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
    baseUrl: served.url,
    credential: served.key,
    clock: { sleep: () => Promise.resolve() },
    timeoutMs: 60_000,
    ...options,
  })

test('a request whose answer was lost is repeated and takes effect once', async () => {
  const patient = { clock: { sleep: slow } }
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

/** Returns at once, unless it sleeps for a time limit. */
async function slow(ms: number, signal?: AbortSignal): Promise<void> {
  if (ms < 60_000) return
  await new Promise((resolve) => signal?.addEventListener('abort', resolve))
}

test('a request that the server would not recognise again is not retried', async () => {
  const { fetch: lossy, sent } = losing(9)
  const stop = client({ clock: { sleep: slow }, fetch: lossy }).stops.stop({
    target: { loopId: 'x' },
    reason: 'r',
  })

  await expect(stop).rejects.toMatchObject({ code: 'network', retryable: true })
  expect(sent()).toBe(1)
})

test('the client gives up after `maxRetries`', async () => {
  const { fetch: lossy, sent } = losing(9)

  await expect(
    client({ clock: { sleep: slow }, fetch: lossy, maxRetries: 1 }).definitions.list(),
  ).rejects.toMatchObject({ code: 'network' })
  expect(sent()).toBe(2)
})

test('the client observes Retry-After', async () => {
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

  expect(await client({ fetch: busy, clock: { sleep } }).definitions.list()).toHaveLength(1)
  expect(pauses).toEqual([7000])
})

test('long work is asked for until the server has the result, or until the caller aborts', async () => {
  const abort = new AbortController()
  let asked = 0
  const busy =
    (answers: number): typeof fetch =>
    async (input, init) => {
      asked += 1
      if (asked > answers) return fetch(input, init)
      return Response.json({ runs: 1, entries: asked }, { status: 202 })
    }
  const patient = client({ fetch: busy(5), clock: { sleep: slow } })

  expect(await patient.verify()).toMatchObject({ ok: true })
  expect(asked).toBe(6)
  asked = 0
  expect(await patient.metrics()).toEqual(await patient.metrics())
  asked = 0
  const sleep = (ms: number, signal?: AbortSignal): Promise<void> => {
    if (ms < 60_000) abort.abort()
    return slow(ms, signal)
  }
  const leaving = client({ fetch: busy(9), clock: { sleep } })
  await expect(leaving.verify({}, { signal: abort.signal })).rejects.toMatchObject({
    code: 'aborted',
  })
  expect(asked).toBe(1)
})

test('a request ends with its time limit or with its signal', async () => {
  const silent: typeof fetch = (_, init) =>
    new Promise((_resolve, reject) => {
      init?.signal?.addEventListener('abort', () => reject(new DOMException('x', 'AbortError')))
    })
  const abort = new AbortController()
  const aborted = client({ fetch: silent, clock: { sleep: slow } }).definitions.list({
    signal: abort.signal,
  })
  abort.abort()

  await expect(aborted).rejects.toMatchObject({ code: 'aborted' })
  await expect(client({ fetch: silent, maxRetries: 0 }).definitions.list()).rejects.toMatchObject({
    code: 'timeout',
  })
})

test('an answer that is not of this server is a bad response, and is never quoted', async () => {
  const page = async (): Promise<Response> => new Response('<h1>secret</h1>')
  const gone = async (): Promise<Response> => new Response('<h1>secret</h1>', { status: 404 })

  for (const fetched of [page, gone]) {
    const error = await client({ fetch: fetched, clock: { sleep: slow } })
      .definitions.list()
      .catch(String)
    expect(error).not.toContain('secret')
  }
  await expect(
    client({ fetch: page, clock: { sleep: slow } }).definitions.list(),
  ).rejects.toMatchObject({
    code: 'bad_response',
  })
  await expect(
    client({ fetch: gone, clock: { sleep: slow } }).definitions.list(),
  ).rejects.toMatchObject({
    code: 'bad_response',
    status: 404,
  })
})

/** Answers the head at once and the body never: only the signal ends it. */
const stalling: typeof fetch = async (_, init) =>
  new Response(
    new ReadableStream({
      start: (controller) =>
        init?.signal?.addEventListener('abort', () =>
          controller.error(new DOMException('x', 'AbortError')),
        ),
    }),
  )

test('a redirect is not followed, because the credential is for the named server only', async () => {
  const asked: (string | undefined)[] = []
  const elsewhere = createServer(({ url }, response) => {
    asked.push(url)
    response.writeHead(307, { location: '/taken/elsewhere' }).end()
  }).listen(0, '127.0.0.1')
  await once(elsewhere, 'listening')
  const { port } = elsewhere.address() as AddressInfo

  await expect(
    client({ clock: { sleep: slow }, baseUrl: `http://127.0.0.1:${port}` }).instances.get('secret'),
  ).rejects.toMatchObject({ code: 'bad_response', status: 307, retryable: false })
  expect(asked).toEqual(['/api/v1/instances/secret'])
  elsewhere.close()
})

test('the time limit also covers an answer that stalls after its head', async () => {
  await expect(client({ fetch: stalling, maxRetries: 0 }).definitions.list()).rejects.toMatchObject(
    {
      code: 'timeout',
    },
  )
  const abort = new AbortController()
  const heads: typeof fetch = async (input, init) => {
    const response = await stalling(input, init)
    setImmediate(() => abort.abort())
    return response
  }
  await expect(
    client({ fetch: heads, clock: { sleep: slow } }).definitions.list({ signal: abort.signal }),
  ).rejects.toMatchObject({ code: 'aborted' })
})

test('after an answer that ends early the request is repeated and takes effect once', async () => {
  let sent = 0
  const breaking: typeof fetch = async (input, init) => {
    const response = await fetch(input, init)
    sent += 1
    if (sent > 1) return response
    await response.arrayBuffer()
    return new Response(
      new ReadableStream({
        start(controller) {
          controller.enqueue(new TextEncoder().encode('{"runId":"r'))
          controller.error(new TypeError('terminated'))
        },
      }),
    )
  }
  const run = await client({ fetch: breaking, clock: { sleep: slow } }).instances.start({
    loopId: 'refund',
    aggregateId: 'broken-off',
  })

  expect([sent, run.version]).toEqual([2, 1])
})

test('Retry-After may be a date, and a pause that is too long is left to the caller', async () => {
  const pauses: number[] = []
  const sleep = (ms: number, signal?: AbortSignal): Promise<void> => {
    if (ms < 60_000) pauses.push(ms)
    return slow(ms, signal)
  }
  const asking =
    (after: string): typeof fetch =>
    async () =>
      new Response('down', { status: 503, headers: { 'retry-after': after } })
  const list = (after: string): Promise<unknown> =>
    client({ fetch: asking(after), clock: { sleep }, maxRetries: 1 }).definitions.list()

  await expect(list(new Date(Date.now() + 20_000).toUTCString())).rejects.toThrow(/503/)
  expect(pauses).toEqual([expect.closeTo(20_000, -4)])
  for (const after of ['2592000', '9'.repeat(400), new Date('2999-01-01').toUTCString()])
    await expect(list(after)).rejects.toMatchObject({ status: 503, retryable: true })
  expect(pauses).toHaveLength(1)
  await expect(list(new Date(0).toUTCString())).rejects.toMatchObject({ retryAfterMs: undefined })
  expect(pauses[1]).toBeLessThan(1000)
})

test('a request that cannot be written does not fail as `network`', async () => {
  const { fetch: counting, sent } = losing(0)
  const { instances } = client({ fetch: counting, clock: { sleep: slow } })
  const body = { loopId: 'refund', aggregateId: 'unwritten' }
  const refused = expect.objectContaining({ code: 'invalid_input', retryable: false }) as unknown

  await expect(instances.start({ ...body, metadata: { amount: 1n } } as never)).rejects.toEqual(
    refused,
  )
  await expect(instances.start(body, { idempotencyKey: 'schlüssel-☃' })).rejects.toEqual(refused)
  const unset = client({ fetch: counting, credential: 'lk_…', clock: { sleep: slow } })
  await expect(unset.instances.get('x')).rejects.toEqual(refused)
  expect(sent()).toBe(0)
})

test('an unknown option is refused before anything is sent', async () => {
  const { fetch: counting, sent } = losing(0)
  const misspelt = { credental: served.key } as Partial<LoopClientOptions>
  const key = { idempotencykey: 'order-17' } as CallOptions
  const { instances } = client({ fetch: counting })

  expect(() => client(misspelt)).toThrow(
    expect.objectContaining({ code: 'invalid_config', path: '/credental' }),
  )
  await expect(
    instances.start({ loopId: 'refund', aggregateId: 'twice' }, key),
  ).rejects.toMatchObject({ code: 'invalid_input', path: '/idempotencykey' })
  expect(sent()).toBe(0)
})

test('a credential may end with the line break of its file', async () => {
  const read = client({ credential: `${served.key}\n`, clock: { sleep: slow } })

  expect(await read.definitions.list()).toHaveLength(1)
})

test.each([
  NaN,
  Infinity,
  () => 5,
  Symbol('five'),
  new Set([5]),
  new Map([['five', 5]]),
  Promise.resolve(5),
  /five/,
  new Uint8Array([5]),
  new Date(NaN),
  [undefined],
])('a value that JSON would change is refused: %s', async (amount) => {
  const { fetch: counting, sent } = losing(0)
  const { instances } = client({ fetch: counting, clock: { sleep: slow } })
  const body = { transition: 'pay', evidence: { parts: [{ amount }] } }

  await expect(instances.transition('x', body)).rejects.toMatchObject({ code: 'invalid_input' })
  expect(sent()).toBe(0)
})

test('JSON values are sent, and keys without a value are left out', async () => {
  const { instances } = client({ clock: { sleep: slow } })
  class Parts {
    readonly list = [null, Object.create(null), new Date(0)]
  }
  const metadata = { parts: new Parts(), none: undefined }
  const run = await instances.start({ loopId: 'refund', aggregateId: 'kept', metadata })

  expect(run.metadata).toEqual({ parts: { list: [null, {}, '1970-01-01T00:00:00.000Z'] } })
})

test('a retry sends the same body as the first attempt', async () => {
  const bodies: unknown[] = []
  const evidence = { amount: 5 }
  const away: typeof fetch = async (_, init) => {
    bodies.push(init?.body)
    evidence.amount += 1
    throw new TypeError('away')
  }
  await expect(
    client({ fetch: away, clock: { sleep: slow } }).instances.transition('x', {
      transition: 'pay',
      evidence,
    }),
  ).rejects.toMatchObject({ code: 'network' })

  expect(bodies).toHaveLength(3)
  expect(new Set(bodies).size).toBe(1)
})
