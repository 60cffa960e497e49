import { expect, onTestFinished, test } from 'vitest'

import { createLoopClient, type LoopClient, type LoopClientOptions } from './index.ts'

/** A client whose sleeps end at once, except for time limits, and are recorded. */
function asking(
  answer: (path: string) => Response,
  options: Partial<LoopClientOptions> = {},
): { readonly client: LoopClient; readonly pauses: number[] } {
  const pauses: number[] = []
  const client = createLoopClient({
    baseUrl: 'http://loops.example',
    timeoutMs: 60_000,
    fetch: async (input) => answer(new URL(new Request(input).url).pathname.replace('/api/v1', '')),
    clock: {
      async sleep(ms, signal) {
        if (ms === 60_000)
          return new Promise((resolve) => signal?.addEventListener('abort', () => resolve()))
        pauses.push(ms)
        await new Promise((resolve) => setImmediate(resolve))
      },
    },
    ...options,
  })
  return { client, pauses }
}

const codeOf = (error: unknown): unknown => (error as { code?: unknown }).code
const badResponse: unknown = expect.objectContaining({ code: 'bad_response', retryable: false })

test.each(['', 'null', '"ok"', '5', '[]'])('an answer with the body %j throws', async (text) => {
  const { client } = asking(() => new Response(text))

  await expect(client.instances.get('order-17')).rejects.toEqual(badResponse)
  await expect(client.stops.list()).rejects.toEqual(badResponse)
  await expect(client.instances.find().page()).rejects.toEqual(badResponse)
})

test('a list without items throws', async () => {
  const { client } = asking(() => Response.json({ items: { length: 2 } }))

  await expect(client.stops.list()).rejects.toEqual(badResponse)
  await expect(Array.fromAsync(client.instances.find())).rejects.toEqual(badResponse)
})

test('a list that repeats the same page is not read for ever', async () => {
  const { client } = asking(() => Response.json({ items: [1], cursor: 'next' }))

  await expect(Array.fromAsync(client.instances.find())).rejects.toEqual(badResponse)
})

test('an empty answer is accepted where none is expected', async () => {
  const retried = asking(() => new Response(null, { status: 202 }))
  const ended = asking(() => new Response(null, { status: 204 }))

  expect(await retried.client.deadLetters.retry('x')).toBeUndefined()
  expect(await ended.client.session.end()).toBeUndefined()
})

test('a stream that asks for a very long pause is opened again within the hour', async () => {
  let opened = 0
  const abort = new AbortController()
  const { client, pauses } = asking(() => {
    opened += 1
    if (opened === 2) abort.abort()
    return new Response('retry: 999999999999\n\n: still here\n\n', {
      headers: { 'content-type': 'text/event-stream' },
    })
  })
  await Array.fromAsync(client.events({ signal: abort.signal, silenceMs: 60_000 }))

  expect(pauses[0]).toBe(3_600_000)
})

test.each([0, -1, NaN, Infinity, 2 ** 31])('a time limit of %s is refused', (timeoutMs) => {
  const refused: unknown = expect.objectContaining({ code: 'invalid_config', path: '/timeoutMs' })

  expect(() => createLoopClient({ baseUrl: '', timeoutMs })).toThrow(refused as Error)
})

test('a stream that is to be silent for no time is none', async () => {
  const { client } = asking(() => new Response(''))

  await expect(Array.fromAsync(client.events({ silenceMs: 0 }))).rejects.toMatchObject({
    code: 'invalid_input',
    problem: { path: '/silenceMs' },
  })
})

test('wait resolves although the caller has too many streams open', async () => {
  let looks = 0
  const { client } = asking((path) => {
    if (path === '/events')
      return Response.json(
        { code: 'rate_limited', retryable: true },
        { status: 429, headers: { 'retry-after': '10' } },
      )
    looks += 1
    if (looks === 2) return Response.json({ code: 'unavailable', retryable: true }, { status: 503 })
    return Response.json({ id: 'a', runId: 'r', status: looks > 8 ? 'approved' : 'pending' })
  })

  expect(await client.approvals.wait('a')).toMatchObject({ status: 'approved' })
})

test.each([
  ['is away while there is no stream', 429, { code: 'unavailable', retryable: true }, 'approved'],
  ['refuses while there is no stream', 429, { code: 'forbidden', retryable: false }, 'forbidden'],
  ['is away while there is one', 200, { code: 'unavailable', retryable: true }, 'unavailable'],
])('who waits, and whose server %s, is told in the end', async (_, stream, problem, end) => {
  const headers = { 'content-type': 'text/event-stream' }
  let looks = 0
  const answer = (path: string): Response => {
    if (path === '/events') return new Response('', { status: stream, headers })
    looks += 1
    if (looks === 2) return Response.json(problem, { status: problem.retryable ? 503 : 403 })
    return Response.json({ id: 'a', runId: 'r', status: looks > 2 ? 'approved' : 'pending' })
  }
  const { client } = asking(answer, { maxRetries: 0 })

  const waiting = client.approvals.wait('a')
  expect(await waiting.then(({ status }) => status, codeOf)).toBe(end)
})

test('a credential function that fails is reported as `auth`', async () => {
  const tokens = async (): Promise<string> => {
    throw new TypeError('The session is over.')
  }
  const { client, pauses } = asking(() => Response.json({}), { credential: tokens })

  await expect(client.instances.get('order-17')).rejects.toMatchObject({
    code: 'auth',
    retryable: false,
    cause: new TypeError('The session is over.'),
  })
  expect(pauses).toEqual([])
})

test('a credential that throws at once leaves nothing behind that fails when the signal comes', async () => {
  const abort = new AbortController()
  const credential = (): string => {
    throw new TypeError('The session is over.')
  }
  const unheard: unknown[] = []
  const hear = (reason: unknown): void => void unheard.push(reason)
  process.on('unhandledRejection', hear)
  onTestFinished(() => void process.off('unhandledRejection', hear))
  const asked = asking(() => Response.json({}), { credential })
  const answer = asked.client.instances.get('x', { signal: abort.signal })
  await expect(answer).rejects.toMatchObject({ code: 'auth' })

  abort.abort()
  await new Promise((resolve) => setImmediate(resolve))
  expect(unheard).toEqual([])
})

test('the time limit also covers the credential function', async () => {
  const abort = new AbortController()
  const credential = (): Promise<string> => new Promise(() => setImmediate(() => abort.abort()))
  const answer = (): Response => Response.json({})
  const aborted = asking(answer, { credential }).client.instances.get('x', { signal: abort.signal })
  const clock = { sleep: () => new Promise<void>((resolve) => setImmediate(resolve)) }
  const late = asking(answer, { credential, clock, maxRetries: 0 }).client.instances.get('x')

  await expect(aborted).rejects.toMatchObject({ code: 'aborted' })
  await expect(late).rejects.toMatchObject({ code: 'timeout' })
})
