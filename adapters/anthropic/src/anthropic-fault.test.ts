import { createRequire } from 'node:module'

import type * as Sdk from '@anthropic-ai/sdk'
import type { ModelCallOptions, Submission } from '@loop-engine/core'
import { providerConformance } from '@loop-engine/testing'
import { expect, test } from 'vitest'

import { createAnthropicActorAdapter } from './index.ts'

// The CommonJS build of the SDK has its own classes, as any second copy of the SDK has.
const { Anthropic } = createRequire(import.meta.url)('@anthropic-ai/sdk') as typeof Sdk

providerConformance({
  name: 'anthropic with a client of another copy of the SDK',
  wire: 'anthropic',
  create: ({ apiKey, baseUrl, ...options }) =>
    createAnthropicActorAdapter({
      ...options,
      model: 'claude-opus-4-6',
      client: new Anthropic({ apiKey, baseURL: baseUrl, logLevel: 'off' }),
    }),
  streams: true,
  missing: ['content_filter'],
})

const misused = 'invalid_request_error'
const filtered = 'Output blocked by content filtering policy'

test.each([
  [filtered, 'content_filtered'],
  ['prompt is too long: 210000 tokens > 200000 maximum', 'too_large'],
  ['Your credit balance is too low to access the Anthropic API.', 'auth'],
  [`max_tokens: what was sent says "${filtered}"`, 'invalid_config'],
])('a request that is refused with "%s" is %s', async (message, code) => {
  const body = { type: 'error', error: { type: misused, message } }

  await expect(asked(Response.json(body, { status: 400 }))).rejects.toMatchObject({
    code,
    retryable: false,
    message: expect.not.stringContaining(message),
    details: { status: 400 },
  })
})

test('an answer that is blocked while it streams is content_filtered', async () => {
  const error = { type: 'error', error: { details: null, type: misused, message: filtered } }
  const stream = new Response(`event: error\ndata: ${JSON.stringify(error)}\n\n`, {
    headers: { 'content-type': 'text/event-stream' },
  })

  await expect(asked(stream, { onProgress: () => {} })).rejects.toMatchObject({
    code: 'content_filtered',
    retryable: false,
  })
})

/** Asks with a fixed answer, which users of Claude have reported and the local server cannot give. */
function asked(answer: Response, options: ModelCallOptions = {}): Promise<Submission> {
  const client = new Anthropic({
    apiKey: 'key',
    baseURL: 'http://127.0.0.1:1',
    maxRetries: 0,
    logLevel: 'off',
    fetch: () => Promise.resolve(answer),
  })
  return createAnthropicActorAdapter({ model: 'claude-opus-4-6', client }).createSubmission(
    {
      loopId: 'stock',
      loopName: 'Stock',
      currentState: 'low',
      availableSignals: [{ signalId: 'order', name: 'Order more' }],
      instruction: 'Decide whether to order.',
      evidence: { left: 3 },
    },
    options,
  )
}
