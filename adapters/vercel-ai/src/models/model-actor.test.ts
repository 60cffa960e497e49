import { createOpenAI } from '@ai-sdk/openai'
import type { SubmissionContext } from '@loop-engine/core'
import { providerConformance } from '@loop-engine/testing'
import { describe, expect, test } from 'vitest'

import { createVercelAIActorAdapter } from './model-actor.ts'
import { majors, newest, secretOfVendor } from './model-majors.fixture.ts'

providerConformance({
  name: 'vercel-ai with @ai-sdk/openai',
  wire: 'openai-responses',
  streams: true,
  // The SDK reports a refusal of OpenAI as a content filter.
  missing: ['retries', 'refusal'],
  create: ({ baseUrl, apiKey, timeoutMs }) =>
    createVercelAIActorAdapter({
      model: ({ fetch }) => createOpenAI({ baseURL: baseUrl, apiKey, fetch }).responses('gpt-5.5'),
      timeoutMs,
    }),
})

const context: SubmissionContext = {
  loopId: 'order',
  loopName: 'Order',
  currentState: 'open',
  availableSignals: [{ signalId: 'approve', name: 'Approve' }],
  instruction: 'Decide about the order.',
  evidence: { amount: 12 },
}
const text = JSON.stringify({ signal: 'approve', rationale: 'It is cheap.', confidence: 0.9 })

describe.each(majors)('$name', ({ mock, retryable }) => {
  test('a model decides with a schema of the open signals, and is attributed', async () => {
    const model = mock([{ text, responseId: 'resp-1', modelId: 'mock-model-2026' }])
    const provider = createVercelAIActorAdapter({ model, temperature: 0 })

    const { signal, actor, attempts } = await provider.createSubmission(context)

    expect(signal).toBe('approve')
    expect(actor).toMatchObject({
      provider: 'vercel-ai',
      modelId: 'mock-model',
      servedModel: 'mock-model-2026',
      responseId: 'resp-1',
      usage: { inputTokens: 11, outputTokens: 7, cachedInputTokens: 3 },
    })
    expect(attempts).toMatchObject([{ promptHash: actor.promptHash }])
    expect(model.seen).toMatchObject([
      {
        temperature: 0,
        responseFormat: { type: 'json', schema: { properties: { signal: { enum: ['approve'] } } } },
      },
    ])
  })

  test('a model streams if progress is wanted, with the same prompt hash', async () => {
    const provider = createVercelAIActorAdapter({ model: mock([{ text }]) })
    const heard: string[] = []

    const plain = await provider.createSubmission(context)
    const streamed = await provider.createSubmission(context, {
      onProgress: (step) => step.type === 'text' && heard.push(step.delta),
    })

    expect(heard.join('')).toBe(text)
    expect(streamed.actor.promptHash).toBe(plain.actor.promptHash)
  })

  test.each([
    ['a status', { throws: retryable() }, 'unavailable'],
    ['a stream that is cut', { text, streamEnds: 'cut' as const }, 'unavailable'],
    [
      'an error in a stream',
      { streamEnds: 'error-part' as const, error: { code: 'rate_limit_exceeded' } },
      'rate_limited',
    ],
    [
      'an error in a stream as Anthropic of ai 5 and 6 hands it on',
      {
        streamEnds: 'error-part' as const,
        error: { type: 'rate_limit_error', message: secretOfVendor },
      },
      'rate_limited',
    ],
    [
      'an error in a stream as OpenAI of ai 5 hands it on',
      {
        streamEnds: 'error-part' as const,
        error: {
          type: 'error',
          error: { type: 'invalid_request_error', code: 'insufficient_quota' },
        },
      },
      'auth',
    ],
    [
      'an answer that the filter of Anthropic stops',
      {
        streamEnds: 'error-part' as const,
        error: {
          type: 'invalid_request_error',
          message: 'Output blocked by content filtering policy',
        },
      },
      'content_filtered',
    ],
    [
      'a failed answer in a stream as OpenAI of ai 6 and 7 hands it on',
      {
        streamEnds: 'error-part' as const,
        error: {
          code: 'insufficient_quota',
          statusCode: 429,
          data: { type: 'response.failed', response: { error: { code: 'insufficient_quota' } } },
        },
      },
      'auth',
    ],
    ['an answer that is cut', { text: text.slice(0, 9), finishReason: 'length' }, 'truncated'],
    ['a filter', { text: '', finishReason: 'content-filter' }, 'content_filtered'],
    [
      'a finish reason named like a property of every object',
      { text: '', finishReason: 'constructor' },
      'bad_response',
    ],
    [
      'an error in a stream whose code is named like a property of every object',
      { streamEnds: 'error-part' as const, error: { code: 'constructor' } },
      'unavailable',
    ],
    ['a tool call', { toolCalls: [{ id: 'c', name: 't', input: {} }] }, 'bad_response'],
  ])('%s is a typed error that quotes nothing', async (_, reply, code) => {
    const provider = createVercelAIActorAdapter({ model: mock([reply]) })

    const error: unknown = await provider
      .createSubmission(context, { onProgress: () => undefined })
      .catch((thrown: unknown) => thrown)

    expect(error).toMatchObject({ code, plugin: 'vercel-ai' })
    expect(JSON.stringify([error, String(error)])).not.toContain(secretOfVendor)
  })
})

test.each([
  ['AI_LoadAPIKeyError', 'auth'],
  ['AI_JSONParseError', 'bad_response'],
  ['AI_UnsupportedFunctionalityError', 'invalid_config'],
])('%s of a provider is %s', async (name, code) => {
  const throws = Object.assign(new Error(secretOfVendor), { name })
  const provider = createVercelAIActorAdapter({ model: newest.mock([{ throws }]) })
  await expect(provider.createSubmission(context)).rejects.toMatchObject({ code })
})

test('a model that does not use the given fetch is recorded by the parameters that it was handed', async () => {
  const model = newest.mock([{ text }])
  const [plain, made] = await Promise.all(
    [model, () => model].map((each) =>
      createVercelAIActorAdapter({ model: each }).createSubmission(context),
    ),
  )
  expect(made?.attempts).toMatchObject([{ promptHash: plain?.actor.promptHash }])
})

test.each([
  ['as a refusal', { finishReason: { unified: 'other', raw: 'refusal' } }, 'refused'],
  ['with nothing, for a reason of its own', { finishReason: 'other' }, 'bad_response'],
  ['without a reason', {}, 'unavailable'],
])('an answer that ends %s is a typed error', async (_, ending, code) => {
  const model = newest.mock([{}])
  model.doGenerate = async () => ({ content: [], ...ending })
  const { createSubmission } = createVercelAIActorAdapter({ model })
  await expect(createSubmission(context)).rejects.toMatchObject({ code })
})

test('an answer without a stream is a failure', async () => {
  const model = newest.mock([{}])
  model.doStream = async () => ({})
  const asked = createVercelAIActorAdapter({ model }).createSubmission(context, {
    onProgress: () => undefined,
  })
  await expect(asked).rejects.toMatchObject({ code: 'unavailable' })
})

test('an answer that its provider put into structuredOutputText is read', async () => {
  const model = newest.mock([{ text: 'See below.' }])
  const { doGenerate } = model
  model.doGenerate = async (params) => ({
    ...((await doGenerate.call(model, params)) as object),
    structuredOutputText: text,
  })
  const { signal } = await createVercelAIActorAdapter({ model }).createSubmission(context)
  expect(signal).toBe('approve')
})

test('a value that is no model is refused when the provider is made', () => {
  expect(() => createVercelAIActorAdapter({ model: 'gpt' as never })).toThrow(
    expect.objectContaining({ code: 'invalid_config', path: '/model' }),
  )

  const misspelt = { model: newest.mock([{ text }]), onBehalfof: { type: 'human', id: 'alice' } }
  expect(() => createVercelAIActorAdapter(misspelt)).toThrow('knows no such key')
})
