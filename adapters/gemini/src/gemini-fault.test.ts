import { GoogleGenAI } from '@google/genai'
import { GoogleGenerativeAI } from '@google/generative-ai'
import type { SubmissionContext } from '@loop-engine/core'
import { afterEach, expect, test, vi } from 'vitest'

import { createGeminiActorAdapter } from './index.ts'

const context: SubmissionContext = {
  loopId: 'order',
  loopName: 'Order',
  currentState: 'open',
  availableSignals: [{ signalId: 'approve', name: 'Approve' }],
  instruction: 'Decide about the order.',
  evidence: {},
}
afterEach(() => {
  vi.unstubAllGlobals()
})

// `@google/genai` fails on a body that claims to be JSON and is not, and loses the status of the response.
test.each([
  [403, '<html>', { code: 'auth', retryable: false }],
  [429, '', { code: 'rate_limited', retryable: true }],
  [503, '{"error":', { code: 'unavailable', retryable: true }],
  [200, '<html>', { code: 'bad_response', retryable: true }],
])('status %d is kept, whatever body comes with it', async (status, body, expected) => {
  const headers = { 'content-type': 'application/json' }
  const fetch = () => Promise.resolve(new Response(body, { status, headers }))
  const client = new GoogleGenAI({ apiKey: 'k', httpOptions: { fetch } })

  const asked = createGeminiActorAdapter({ client, model: 'gemini' }).createSubmission(context)

  await expect(asked).rejects.toMatchObject(expected)
})

test.each([
  ['@google/genai', () => new GoogleGenAI({ apiKey: 'k' })],
  ['@google/generative-ai', () => new GoogleGenerativeAI('k')],
])('nothing is sent for a caller who aborts at the last moment with %s', async (_, client) => {
  const fetch = vi.fn<(input: unknown, init: RequestInit) => Promise<Response>>((_input, init) => {
    init.signal?.throwIfAborted()
    return Promise.resolve(Response.json({}))
  })
  vi.stubGlobal('fetch', fetch)
  const controller = new AbortController()

  const asked = createGeminiActorAdapter({ client: client(), model: 'gemini' }).createSubmission(
    context,
    { signal: controller.signal, onProgress: () => controller.abort() },
  )

  await expect(asked).rejects.toMatchObject({ code: 'aborted' })
  expect(fetch.mock.results.filter(({ type }) => type === 'return')).toEqual([])
})
