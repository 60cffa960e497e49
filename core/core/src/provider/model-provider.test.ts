import { describe, expect, test } from 'vitest'
import { z } from 'zod'

import { actorSchema, isLoopError } from '../index.ts'
import { createModelProvider, type ModelAnswer, type ModelVendor } from './index.ts'
import type { DecisionRequest } from './model-provider.ts'
import { openQuestion as context } from './open-question.fixture.ts'

const decided = { signal: 'approve', rationale: 'It is cheap.', confidence: 0.9 }

const sent: DecisionRequest[] = []
function vendor(
  text: string,
  answer: Partial<ModelAnswer> = {},
): ModelVendor<DecisionRequest, ModelAnswer> {
  return {
    name: 'acme',
    model: 'acme-1',
    readFault: () => undefined,
    send: (request, { attempts }) =>
      attempts.record({ prompt: request.user, key: undefined }, async () => {
        sent.push(request)
        return { end: 'complete' as const, text, responseId: null, ...answer }
      }),
  }
}
const ask = (text: string, answer: Partial<ModelAnswer> = {}) =>
  createModelProvider(vendor(text, answer), { clock: { now: () => 5 } }).createSubmission(context)

test('a decision is attributed, and nothing is invented', async () => {
  const submission = await ask(JSON.stringify(decided), { usage: { inputTokens: 3 } })

  expect(submission).toMatchObject({
    signal: 'approve',
    decision: { rationale: 'It is cheap.', confidence: 0.9 },
    requestId: null,
    attempts: [{ startedAt: 5, latencyMs: 0, status: null, requestId: null }],
    actor: {
      type: 'ai-agent',
      id: 'agent:acme',
      provider: 'acme',
      modelId: 'acme-1',
      promptVersion: 'loop-engine/1',
      confidence: 0.9,
      responseId: null,
      attempts: 1,
      usage: { inputTokens: 3 },
    },
  })
  expect(submission.actor.promptHash).toBe(submission.attempts?.[0]?.promptHash)
  expect(submission.actor).not.toHaveProperty('servedModel')
})

test('a clock that is set back while a model thinks costs no answer', async () => {
  let time = 1_000
  const provider = createModelProvider(vendor(JSON.stringify(decided)), {
    clock: { now: () => (time -= 9) },
  })

  const { actor, attempts } = await provider.createSubmission(context)

  expect(actorSchema.parse(actor).latencyMs).toBe(0)
  expect(attempts).toMatchObject([{ latencyMs: 0 }])
})

test('what evidence says is never filled in as a variable', async () => {
  await ask(JSON.stringify(decided))

  expect(sent.at(-1)?.user).toContain('{{instruction}}')
})

test('the schema names exactly the open signals, and requires the fields of the user', async () => {
  const provider = createModelProvider(vendor(JSON.stringify({ ...decided, sku: null })), {
    fields: z.object({ sku: z.string().nullable() }),
  })

  const submission = await provider.createSubmission(context)

  expect(sent.at(-1)?.schema).toMatchObject({
    required: ['signal', 'rationale', 'confidence', 'sku'],
    additionalProperties: false,
    properties: { signal: { enum: ['approve', 'reject'] } },
  })
  expect(submission.decision).toMatchObject({ sku: null })
})

test.each([
  ['A-1', 'approve'],
  ['B-1', 'bad_response'],
])('a field may be checked by asking elsewhere: %s', async (sku, expected) => {
  const known = z.string().refine((value) => Promise.resolve(value === 'A-1'))
  const provider = createModelProvider(vendor(JSON.stringify({ ...decided, sku })), {
    fields: z.object({ sku: known }),
  })

  const outcome = await provider
    .createSubmission(context)
    .then(({ signal }) => signal)
    .catch((error: unknown) => isLoopError(error) && error.code)

  expect(outcome).toBe(expected)
})

describe('an answer that cannot be used says so, with what it cost, without what it said', () => {
  const usage = { outputTokens: 7 }
  test.each([
    ['not JSON', 'Sure! I will.', {}, 'bad_response', undefined],
    [
      'a closed signal',
      JSON.stringify({ ...decided, signal: 'ship' }),
      {},
      'bad_response',
      '/signal',
    ],
    ['too sure', JSON.stringify({ ...decided, confidence: 2 }), {}, 'bad_response', '/confidence'],
    ['duplicate keys', '{"signal":"reject","signal":"approve"}', {}, 'bad_response', undefined],
    ['a refusal', '', { end: 'refused' as const }, 'refused', undefined],
    ['no tokens left', '{"sig', { end: 'truncated' as const }, 'truncated', undefined],
    ['a filter', '', { end: 'filtered' as const }, 'content_filtered', undefined],
    ['a failure', '', { end: 'failed' as const }, 'unavailable', undefined],
  ])('%s', async (_, text, answer, code, path) => {
    const error: unknown = await ask(text, { ...answer, usage, responseId: 'r1' }).catch(
      (thrown: unknown) => thrown,
    )

    expect(isLoopError(error) && { ...error.toJSON() }).toMatchObject({
      code,
      path,
      details: { usage, responseId: 'r1', attempts: 1 },
    })
    expect(JSON.stringify(error)).not.toContain(text || context.instruction)
  })
})

test.each([
  ['rate_limit_exceeded', 'rate_limited', true],
  ['insufficient_quota', 'auth', false],
  ['context_length_exceeded', 'too_large', false],
  // Gemini's earlier SDK hands an error in a stream on as a piece of the answer.
  ['RESOURCE_EXHAUSTED', 'rate_limited', true],
  ['PERMISSION_DENIED', 'auth', false],
  // Anthropic's, as a gateway answers it with 200.
  ['rate_limit_error', 'rate_limited', true],
  ['authentication_error', 'auth', false],
  ['server_error', 'unavailable', true],
])('a failure that is answered with %s is %s', async (vendorCode, code, retryable) => {
  await expect(ask('', { end: 'failed', vendorCode })).rejects.toMatchObject({
    code,
    retryable,
    details: { vendorCode },
  })
})

test('misuse is named when the provider is made, not at the first call', () => {
  const make = (options: object) => () => createModelProvider(vendor(''), options)

  expect(make({ fields: z.object({ signal: z.string() }) })).toThrow(/reserved/)
  expect(make({ fields: z.object({ sku: z.string().optional() }) })).toThrow(/optional/)
  expect(make({ fields: z.object({ at: z.date() }) })).toThrow(
    expect.objectContaining({ code: 'invalid_config', path: '/fields' }),
  )
  expect(make({ prompt: { version: '1', system: '', user: '{{secret}}' } })).toThrow(/unknown/)
})

test('with no open signal nobody is asked', async () => {
  const before = sent.length

  await expect(
    createModelProvider(vendor('')).createSubmission({ ...context, availableSignals: [] }),
  ).rejects.toMatchObject({ code: 'invalid_input', path: '/availableSignals' })
  expect(sent).toHaveLength(before)
})

test('a text that was cut in the middle of a character is asked all the same', async () => {
  const cut = 'Paid with thanks 🎉'.slice(0, -1)
  const provider = createModelProvider(vendor(JSON.stringify(decided)))

  const { actor } = await provider.createSubmission({ ...context, instruction: cut })

  expect(sent.at(-1)?.user).toContain('Paid with thanks \ufffd')
  expect(actor.promptHash).toMatch(/^[0-9a-f]{64}$/)
})

test.each([Infinity, Number.NaN, 0, -1, 1.5, 30 * 86_400_000])(
  'a time limit of %d ms, which no timer keeps, is refused',
  (timeoutMs) => {
    expect(() => createModelProvider(vendor(''), { timeoutMs })).toThrow(
      expect.objectContaining({ code: 'invalid_config', path: '/timeoutMs' }),
    )
  },
)
