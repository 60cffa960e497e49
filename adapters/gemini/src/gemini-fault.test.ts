import { GoogleGenAI } from '@google/genai'
import { expect, test } from 'vitest'

import { createGeminiActorAdapter } from './index.ts'

// `@google/genai` fails on a body that says that it is JSON and is not, and forgets what status it came with.
test.each([
  [403, '<html>', { code: 'auth', retryable: false }],
  [429, '', { code: 'rate_limited', retryable: true }],
  [503, '{"error":', { code: 'unavailable', retryable: true }],
  [200, '<html>', { code: 'bad_response', retryable: true }],
])('status %d stays what it is, whatever comes with it', async (status, body, expected) => {
  const headers = { 'content-type': 'application/json' }
  const fetch = () => Promise.resolve(new Response(body, { status, headers }))
  const client = new GoogleGenAI({ apiKey: 'k', httpOptions: { fetch } })

  const asked = createGeminiActorAdapter({ client, model: 'gemini' }).createSubmission({
    loopId: 'order',
    loopName: 'Order',
    currentState: 'open',
    availableSignals: [{ signalId: 'approve', name: 'Approve' }],
    instruction: 'Decide about the order.',
    evidence: {},
  })

  await expect(asked).rejects.toMatchObject(expected)
})
