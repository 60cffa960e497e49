import { LoopError, type EffectSpec, type JsonValue } from '@loop-engine/core'
import { createTestClock } from '@loop-engine/testing'
import { expect, test } from 'vitest'

import { bankThat } from './bank.fixture.ts'
import { createLoopSystem, defineLoop } from './index.ts'

const agent = { type: 'ai-agent', id: 'agent:payer' } as const

/** What is on record of an effect that ends like this, and how often it began. */
async function endOf(
  pay: () => Promise<unknown>,
  semantics: EffectSpec['semantics'] = 'idempotent',
) {
  const clock = createTestClock()
  let calls = 0
  const { engine, relay } = await createLoopSystem({
    loops: [
      defineLoop({
        id: 'payment',
        states: ['OPEN', { id: 'PAID', terminal: true }],
        initialState: 'OPEN',
        transitions: [
          {
            id: 'pay',
            from: 'OPEN',
            to: 'PAID',
            actors: ['ai-agent'],
            effect: { integration: 'bank', action: 'pay', semantics },
          },
        ],
      }),
    ],
    integrations: [
      bankThat(async () => {
        calls++
        return (await pay()) as JsonValue
      }),
    ],
    redaction: { patterns: [/sk_live_/] },
    limits: { maxAttempts: 3, maxEvidenceBytes: 1000 },
    clock,
    relay: false,
  })
  await engine.start({ loopId: 'payment', aggregateId: 'order-1', actor: agent })
  await engine.transition({ aggregateId: 'order-1', transitionId: 'pay', actor: agent })
  for (let round = 0; round < 5; round++) {
    await relay.drain()
    clock.advance(600_000)
  }
  const last = (await Array.fromAsync(engine.history({ aggregateId: 'order-1' }))).at(-1)
  return { type: last?.entry.type, reason: last?.entry.reason, evidence: last?.evidence, calls }
}

const cycle: Record<string, unknown> = {}
cycle['self'] = cycle

test.each<[string, unknown, unknown]>([
  ['nothing', undefined, null],
  ['null', null, null],
  ['an object', { transfer: 7 }, { transfer: 7 }],
  ['a word', 'done', { result: 'done' }],
  ['a list', [1, 2], { result: [1, 2] }],
  ['a number that is none', { n: Number.NaN }, { unrecordable: true }],
  ['a cycle', cycle, { unrecordable: true }],
  ['a bigint', 1n, { unrecordable: true }],
  ['a date', new Date(0), { unrecordable: true }],
  ['more than a record takes', 'x'.repeat(2000), { unrecordable: true }],
])('an effect that returned %s has succeeded, once', async (_, output, evidence) => {
  expect(await endOf(async () => output)).toEqual({
    type: 'loop.effect.succeeded',
    reason: undefined,
    evidence,
    calls: 1,
  })
})

test('the output of an effect is redacted like other evidence', async () => {
  const { evidence } = await endOf(async () => ({ key: 'sk_live_1' }))
  expect(evidence).toMatchObject({ key: { redacted: true } })
})

test.each<[string, unknown, string, number]>([
  ['an error', new Error('no'), 'threw', 3],
  ['nothing', undefined, 'threw', 3],
  ['a word', 'no', 'threw', 3],
  [
    'what may be tried again',
    new LoopError('unavailable', 'Away.', { retryable: true }),
    'unavailable',
    3,
  ],
  [
    'that it cannot tell',
    new LoopError('unknown_outcome', 'No answer.', { retryable: true }),
    'unknown_outcome',
    3,
  ],
  ['what may not', new LoopError('refused', 'Never.'), 'refused', 1],
])('an effect that throws %s has failed after its attempts', async (_, error, reason, calls) => {
  expect(
    await endOf(async () => {
      throw error
    }),
  ).toEqual({ type: 'loop.effect.failed', reason, evidence: null, calls })
})

test('an at-most-once effect that cannot tell whether it acted is recorded as unknown', async () => {
  const error = new LoopError('unknown_outcome', 'The bank did not answer.', { retryable: true })

  expect(await endOf(async () => Promise.reject(error), 'at-most-once')).toEqual({
    type: 'loop.effect.unknown',
    reason: 'unknown_outcome',
    evidence: null,
    calls: 1,
  })
})
