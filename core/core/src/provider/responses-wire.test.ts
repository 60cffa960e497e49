import { expect, test } from 'vitest'

import { usageSchema } from '../model/actor.ts'
import { AnswerCutError, readResponse, readResponseStream } from './index.ts'

const message = (content: unknown, rest: object = {}) => ({ type: 'message', content, ...rest })
const text = (said: string) => [{ type: 'output_text', text: said, annotations: [] }]
const response = {
  id: 'resp_1',
  model: 'acme-1',
  status: 'completed',
  output: [{ type: 'reasoning', summary: [] }, message(text('Yes.'))],
}

test('ids that are null, missing or impossible are none', () => {
  expect(readResponse({ ...response, id: null }).responseId).toBeNull()
  expect(readResponse({ ...response, id: undefined }).responseId).toBeNull()
  expect(readResponse({ ...response, id: 'x'.repeat(300) }).responseId).toBeNull()
  expect(readResponse({ ...response, model: '' })).not.toHaveProperty('servedModel')
})

test('what is said on the way to an answer is not the answer', () => {
  const output = [
    message(text('Let me think. '), { phase: 'commentary' }),
    message(text('{"signal":'), { phase: 'final_answer' }),
    message(text('"a"}'), { phase: 'final_answer' }),
  ]

  expect(readResponse({ ...response, output }).text).toBe('{"signal":"a"}')
})

test.each([
  [{ status: 'completed' }, 'complete', undefined],
  [
    { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } },
    'truncated',
    undefined,
  ],
  [
    { status: 'incomplete', incomplete_details: { reason: 'content_filter' } },
    'filtered',
    undefined,
  ],
  [{ status: 'incomplete', incomplete_details: { reason: 'turn_limit' } }, 'failed', 'turn_limit'],
  [{ status: 'incomplete', incomplete_details: null }, 'failed', 'incomplete'],
  [{ status: 'failed', error: { code: 'server_error', message: 'no' } }, 'failed', 'server_error'],
  [{ status: 'failed', error: { code: 'invalid_prompt' } }, 'filtered', undefined],
  [{ status: 'failed', error: { code: 'bio_policy' } }, 'filtered', undefined],
  [{ status: 'cancelled' }, 'failed', 'cancelled'],
  [{ status: 'in_progress' }, 'failed', 'in_progress'],
  [{ output: [message([{ type: 'refusal', refusal: 'No.' }])] }, 'refused', undefined],
  [{ status: undefined }, 'unreadable', undefined],
])('%j ends as %s', (change, end, vendorCode) => {
  expect(readResponse({ ...response, ...change })).toMatchObject({ end })
  expect(readResponse({ ...response, ...change }).vendorCode).toBe(vendorCode)
})

test.each([null, 'a page', [], {}])('%j is no answer', (body) => {
  expect(readResponse(body)).toEqual({ end: 'unreadable', text: '', responseId: null, items: [] })
})

test('usage is what an actor may carry, whatever a vendor adds, leaves out or gets wrong', () => {
  const usage = {
    input_tokens: 10,
    input_tokens_details: { cache_read_input_tokens: 4, cache_creation_input_tokens: 0 },
    output_tokens: -1,
    output_tokens_details: null,
    total_tokens: 12,
    num_sources_used: 0,
    cost_in_usd_ticks: 37_756_000,
  }

  const read = readResponse({ ...response, usage }).usage

  expect(read).toEqual({
    inputTokens: 10,
    cachedInputTokens: 4,
    costUsdTicks: 37_756_000,
    costUsd: 0.0037756,
  })
  expect(usageSchema.safeParse(read).success).toBe(true)
  const euros = { cost: { currency: 'EUR', total_cost: 1 } }
  expect(readResponse({ ...response, usage: euros }).usage).toEqual({})
})

async function* events(...list: unknown[]): AsyncGenerator<unknown> {
  yield* list
}

test('a stream is read up to the event that ends it; unknown events pass by', async () => {
  const heard: string[] = []

  const answer = await readResponseStream(
    events(
      { type: 'response.created', response: { ...response, status: 'in_progress' } },
      { type: 'response.of_the_future', delta: 7 },
      { type: 'constructor', response: { ...response, status: 'in_progress' } },
      'noise',
      { type: 'response.output_text.delta', delta: 'Yes.' },
      { type: 'response.completed', response },
    ),
    (delta) => heard.push(delta),
  )

  expect(answer).toMatchObject({ end: 'complete', text: 'Yes.' })
  expect(heard).toEqual(['Yes.'])
})

test.each([
  [{ type: 'response.incomplete', response: { ...response, status: 'incomplete' } }, 'failed'],
  [{ type: 'response.failed', error: { code: 'overloaded', message: 'no' } }, 'failed'],
  [{ type: 'error', error: { type: 'server_error' } }, 'failed'],
  [{ type: 'response.completed' }, 'unreadable'],
])('%j ends a stream', async (event, end) => {
  expect(await readResponseStream(events(event))).toMatchObject({ end })
})

test('a stream that just stops is no answer, however much was said', async () => {
  const cut = readResponseStream(events({ type: 'response.output_text.delta', delta: '{}' }))

  await expect(cut).rejects.toBeInstanceOf(AnswerCutError)
})
