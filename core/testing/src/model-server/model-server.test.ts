import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'

import { startModelServer, type ModelServer } from './model-server.ts'

let server: ModelServer
beforeAll(async () => {
  server = await startModelServer({ wire: 'openai-responses' })
})
beforeEach(() => server.reset())
afterAll(() => server.close())

function post(path: string, body: unknown, signal?: AbortSignal): Promise<Response> {
  return fetch(`${server.origin}${path}`, {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    headers: { authorization: `Bearer ${server.apiKey}`, 'x-stainless-retry-count': '2' },
    ...(signal && { signal }),
  })
}
const question = { model: 'gpt-test', input: 'Well?' }

test('a request is kept without its key', async () => {
  server.reply({ kind: 'text', text: 'Yes.' })

  await post('/v1/responses', question)

  expect(server.requests).toMatchObject([
    {
      method: 'POST',
      path: '/v1/responses',
      headers: { authorization: '[redacted]' },
      keyMatched: true,
      body: question,
      model: 'gpt-test',
      streams: false,
      retryCount: 2,
    },
  ])
  expect(JSON.stringify(server.requests)).not.toContain(server.apiKey)
})

test('an answer that hangs ends when the client gives up', async () => {
  server.reply({ kind: 'hang' })
  const controller = new AbortController()

  const answer = post('/v1/responses', question, controller.signal)
  const request = await server.request(0)
  controller.abort()

  await expect(answer).rejects.toMatchObject({ name: 'AbortError' })
  expect(await request.ended).toBe('hung up')
})

test.each([false, true])('an answer that hangs midway has begun (stream: %s)', async (stream) => {
  server.reply({ kind: 'hang', midway: true })
  const controller = new AbortController()

  const response = await post('/v1/responses', { ...question, stream }, controller.signal)
  const text = response.text()
  controller.abort()

  expect(response.status).toBe(200)
  await expect(text).rejects.toMatchObject({ name: 'AbortError' })
})

test.each([false, true])(
  'a cut connection is a failure, never an end (stream: %s)',
  async (stream) => {
    server.reply({ kind: 'cut' }, { kind: 'cut', before: true })

    const response = await post('/v1/responses', { ...question, stream })

    expect(response.status).toBe(200)
    await expect(response.text()).rejects.toThrow(/terminated/)
    await expect(post('/v1/responses', { ...question, stream })).rejects.toThrow(/fetch failed/)
  },
)

test('an error quotes what it must not: the key and the prompt', async () => {
  server.reply({ kind: 'status', status: 500, retryAfterMs: 1 })

  const response = await post('/v1/responses', question)

  expect(response.headers.get('retry-after-ms')).toBe('1')
  expect(await response.text()).toMatch(new RegExp(`${server.apiKey}.*Well\\?`))
})

test('a text instead of JSON, an unknown path, an empty queue', async () => {
  server.reply({ kind: 'status', status: 502, text: '<html>Bad gateway</html>' })

  expect(await (await post('/v1/responses', question)).text()).toBe('<html>Bad gateway</html>')
  expect((await post('/v1/engines', question)).status).toBe(404)
  expect((await post('/v1/responses', 'no JSON')).status).toBe(404)
  expect((await post('/v1/responses', question)).status).toBe(400)
})

test('what always answers waits until the queue is empty', async () => {
  server.always({ kind: 'status', status: 503 })
  server.reply({ kind: 'text', text: 'Yes.' })

  const statuses = [await post('/v1/responses', question), await post('/v1/responses', question)]

  expect(statuses.map(({ status }) => status)).toEqual([200, 503])
})

test('an answer need not have ids', async () => {
  server.reply({ kind: 'text', text: 'Yes.', id: null, requestId: null })

  const response = await post('/v1/responses', question)

  expect(response.headers.get('x-request-id')).toBeNull()
  expect(await response.json()).not.toHaveProperty('id')
})
