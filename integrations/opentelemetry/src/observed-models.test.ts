import { LoopError, type Provider } from '@loop-engine/core'
import { createModelProvider, type ModelAnswer } from '@loop-engine/core/provider'
import { SpanKind, SpanStatusCode } from '@opentelemetry/api'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import { expect, test } from 'vitest'

import { idOf, parentOf, watchProcess, withContexts } from './watched.fixture.ts'

withContexts()

const secret = 'the customer is hunter2'
const question = {
  loopId: 'refund',
  loopName: 'Refund',
  currentState: 'OPEN',
  availableSignals: [{ signalId: 'pay', name: 'Pay' }],
  instruction: secret,
  evidence: { note: secret },
}
const good: ModelAnswer = {
  end: 'complete',
  text: JSON.stringify({ signal: 'pay', rationale: secret, confidence: 0.9 }),
  responseId: 'resp_1',
  servedModel: 'grok-9-0709',
  usage: { inputTokens: 900, outputTokens: 60, cachedInputTokens: 512, reasoningTokens: 20 },
}

function createGrok(send: () => Promise<ModelAnswer>): Provider {
  return createModelProvider({
    name: 'grok',
    model: 'grok-9',
    send: async (_, { attempts }) => attempts.record({ prompt: secret }, send),
    readFault: () => ({ kind: 'status', status: 429 }),
  })
}

test('a decision of a model is a chat span with its usage, without any of its text', async () => {
  const watch = watchProcess()
  const model = watch.telemetry.provider(createGrok(async () => good))
  const submission = await watch.within('agent', () => model.createSubmission(question))
  const span = watch.span('chat grok-9')
  expect(parentOf(span)).toBe(idOf(watch.span('agent')))
  expect([span.kind, span.status.code]).toEqual([SpanKind.CLIENT, SpanStatusCode.UNSET])
  expect(span.attributes).toEqual({
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'x_ai',
    'gen_ai.request.model': 'grok-9',
    'gen_ai.response.model': 'grok-9-0709',
    'gen_ai.response.id': 'resp_1',
    'gen_ai.response.finish_reasons': ['stop'],
    'gen_ai.usage.input_tokens': 900,
    'gen_ai.usage.output_tokens': 60,
    'gen_ai.usage.cache_read.input_tokens': 512,
    'gen_ai.usage.reasoning.output_tokens': 20,
    'loop_engine.prompt.hash': submission.actor.promptHash,
    'loop_engine.provider.attempts': 1,
  })
  expect(await watch.points('gen_ai.client.token.usage')).toMatchObject([
    {
      value: { sum: 900, buckets: { boundaries: [1, 4, 16, 64, 256, 1024, ...large] } },
      attributes: { 'gen_ai.token.type': 'input', 'gen_ai.response.model': 'grok-9-0709' },
    },
    { value: { sum: 60 }, attributes: { 'gen_ai.token.type': 'output' } },
  ])
  const [duration] = await watch.points('gen_ai.client.operation.duration')
  expect(duration).toMatchObject({
    value: {
      count: 1,
      buckets: { boundaries: [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, ...slow] },
    },
  })
  expect(JSON.stringify([watch.spans().map(told), await watch.metricsText()])).not.toContain(
    'hunter2',
  )
})

const large = [4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864]
const slow = [1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92]
const told = ({ name, attributes, events, status }: ReadableSpan): unknown => [
  name,
  attributes,
  events,
  status,
]

test('an answer that was cut off is an error with its usage', async () => {
  const watch = watchProcess()
  const model = watch.telemetry.provider(createGrok(async () => ({ ...good, end: 'truncated' })))
  await expect(model.createSubmission(question)).rejects.toMatchObject({ code: 'truncated' })
  const span = watch.span('chat grok-9')
  expect(span.status).toEqual({ code: SpanStatusCode.ERROR })
  expect(span.attributes).toMatchObject({
    'error.type': 'truncated',
    'gen_ai.response.finish_reasons': ['length'],
    'gen_ai.response.id': 'resp_1',
    'gen_ai.usage.output_tokens': 60,
  })
  // Only the tokens of usable answers are counted.
  expect(await watch.points('gen_ai.client.token.usage')).toEqual([])
})

test('a fault of the vendor is an error with our code, without the text of the vendor', async () => {
  const watch = watchProcess()
  const model = watch.telemetry.provider(
    createGrok(async () => {
      throw new Error(secret)
    }),
  )
  await expect(model.createSubmission(question)).rejects.toBeInstanceOf(LoopError)
  const span = watch.span('chat grok-9')
  expect(span.attributes['error.type']).toBe('rate_limited')
  expect(JSON.stringify(told(span))).not.toContain('hunter2')
  expect(await watch.points('gen_ai.client.operation.duration')).toMatchObject([
    { attributes: { 'error.type': 'rate_limited', 'gen_ai.provider.name': 'x_ai' } },
  ])
})

test('an answer of a retriever is a chat span as well', async () => {
  const watch = watchProcess()
  const retriever = watch.telemetry.retriever({
    contract: 'retriever/v1',
    name: 'perplexity',
    model: 'sonar',
    retrieve: async () => ({
      actor: { type: 'ai-agent', id: 'agent:perplexity', responseId: 'r-1' },
      answer: secret,
      citations: [{ url: 'https://example.com' }],
      evidence: {},
      usage: { inputTokens: 5 },
    }),
  })
  await retriever.retrieve(secret)
  expect(watch.span('chat sonar').attributes).toMatchObject({
    'gen_ai.provider.name': 'perplexity',
    'gen_ai.usage.input_tokens': 5,
  })
})
