import type { Clock, Guard, GuardSpec, GuardVerdict } from '@loop-engine/core'
import { describe, expect, test } from 'vitest'

import { createExpressions } from '../expressions/expressions.ts'
import { guardInput } from '../guard-input.fixture.ts'
import { createGuardRegistry } from '../registry.ts'
import { createGuardEvaluator, type GuardFacts, type GuardsOutcome } from './evaluate-guards.ts'

/** A clock on which every wait is over at once. */
const hasty: Clock = { now: () => 0, sleep: () => Promise.resolve() }
/** A clock on which no wait is ever over. */
const patient: Clock = {
  now: () => 0,
  sleep: (_, signal) =>
    new Promise((resolve) => signal?.addEventListener('abort', () => resolve())),
}

function guard(id: string, evaluate: Guard['evaluate'], rest: Partial<Guard> = {}): Guard {
  return { contract: 'guard/v1', id, description: 'A fake.', evaluate, ...rest }
}
function spec(id: string, rest: Partial<GuardSpec> = {}): GuardSpec {
  return { id, severity: 'hard', evaluatedBy: 'runtime', ...rest }
}
const { instance, transition, actor, now } = guardInput()
const attempt = { instance, transition, actor, evidence: {}, now }
const reservation = { key: 'k', bucket: 0, amount: 1, limit: 2 }

function evaluatorOf(
  guards: readonly Guard[],
  clock: Clock = patient,
  elapsedUs?: () => number,
): ReturnType<typeof createGuardEvaluator> {
  return createGuardEvaluator({
    registry: createGuardRegistry(guards),
    expressions: createExpressions(),
    clock,
    elapsedUs,
  })
}
function judge(
  guards: readonly Guard[],
  specs: readonly GuardSpec[],
  facts: Partial<GuardFacts> = {},
): GuardsOutcome {
  const outcome = evaluatorOf(guards).evaluate({ ...attempt, guards: specs, ...facts })
  if (outcome instanceof Promise) throw new Error('expected an answer at once')
  return outcome
}

const passes = guard('passes', () => ({ passed: true }))
const fails = guard('fails', () => ({ passed: false, message: 'no' }))

describe('guards that answer at once', () => {
  test('are answered without a promise, all of them, in order', () => {
    const outcome = judge(
      [passes, fails],
      [spec('passes'), spec('fails'), spec('again', { use: 'passes' })],
    )

    expect(outcome).toEqual({
      results: [
        { id: 'passes', use: 'passes', severity: 'hard', passed: true, durationUs: 0 },
        {
          id: 'fails',
          use: 'fails',
          severity: 'hard',
          passed: false,
          reason: 'failed',
          message: 'no',
          durationUs: 0,
        },
        { id: 'again', use: 'passes', severity: 'hard', passed: true, durationUs: 0 },
      ],
      reservations: [],
      blockedBy: outcome.results[1],
    })
  })

  test('only warn when they are soft', () => {
    const outcome = judge([fails], [spec('fails', { severity: 'soft' })])

    expect(outcome.blockedBy).toBeNull()
    expect(outcome.results[0]).toMatchObject({ passed: false, severity: 'soft' })
  })

  test("say the definition's own sentence", () => {
    const { blockedBy } = judge([fails], [spec('fails', { message: 'Ask finance.' })])

    expect(blockedBy).toMatchObject({ message: 'Ask finance.' })
  })
})

test.each([
  ['cut in two', `${'x'.repeat(499)}😀`],
  ['answered in half', 'no \ud83d'],
])('a character that is %s does not reach the record', (_, message) => {
  const { blockedBy } = judge([guard('odd', () => ({ passed: false, message }))], [spec('odd')])

  expect(blockedBy?.message).toMatch(/\ufffd$/)
})

describe('it fails closed', () => {
  const nonsense: unknown[] = [
    undefined,
    null,
    true,
    {},
    { passed: 'yes' },
    { passed: 1 },
    { passed: true, reserve: {} },
  ]
  test.each(nonsense)('on the answer %o', (answer) => {
    const { blockedBy } = judge([guard('odd', () => answer as GuardVerdict)], [spec('odd')])

    expect(blockedBy).toMatchObject({ passed: false, reason: 'bad_verdict' })
  })

  test.each([
    { ...reservation, key: '' },
    { ...reservation, key: 'half \ud83d' },
    { ...reservation, key: 'k'.repeat(1025) },
    { ...reservation, expiresAt: Number.NaN },
    { ...reservation, amount: -1 },
    { ...reservation, amount: Number.NaN },
    { ...reservation, limit: Infinity },
    { ...reservation, bucket: 0.5 },
  ])('on the reservation %o', (bad) => {
    const { blockedBy } = judge(
      [guard('odd', () => ({ passed: true, reserve: [bad] }))],
      [spec('odd')],
    )

    expect(blockedBy).toMatchObject({ reason: 'bad_verdict' })
  })

  test('on an answer that cannot be read, at once or later', async () => {
    const answer = {
      get passed(): boolean {
        throw new Error('card 4111')
      },
    }
    const now = judge([guard('odd', () => answer)], [spec('odd')])
    const later = await evaluatorOf([guard('odd', async () => answer)]).evaluate({
      ...attempt,
      guards: [spec('odd')],
    })

    expect([now.blockedBy, later.blockedBy]).toMatchObject([
      { reason: 'threw' },
      { reason: 'threw' },
    ])
  })

  test('on a guard that throws, and does not quote it', () => {
    const throwing = guard('throws', () => {
      throw new Error('card 4111')
    })

    const { blockedBy } = judge([throwing], [spec('throws')])

    expect(blockedBy).toMatchObject({ reason: 'threw' })
    expect(JSON.stringify(blockedBy)).not.toContain('4111')
  })

  test('on a guard that nobody knows', () => {
    expect(judge([], [spec('x', { use: 'nowhere' })]).blockedBy).toMatchObject({
      use: 'nowhere',
      reason: 'unknown_guard',
    })
  })

  test('on a guard that rejects', async () => {
    const rejecting = guard('rejects', () => Promise.reject(new Error('down')))

    const { blockedBy } = await evaluatorOf([rejecting]).evaluate({
      ...attempt,
      guards: [spec('rejects')],
    })

    expect(blockedBy).toMatchObject({ reason: 'threw' })
  })

  test('on a guard that is late, and tells it to stop', async () => {
    let stopped: AbortSignal | undefined
    const late = guard('late', (_, { signal }) => {
      stopped = signal
      return new Promise(() => {})
    })

    const { blockedBy } = await evaluatorOf([late], hasty).evaluate({
      ...attempt,
      guards: [spec('late')],
    })

    expect(blockedBy).toMatchObject({ reason: 'timed_out' })
    expect(stopped?.aborted).toBe(true)
  })
})

test('guards that wait are waited for together', async () => {
  const slow = guard('slow', () => Promise.resolve({ passed: true, reserve: [reservation] }))

  const outcome = await evaluatorOf([slow, passes]).evaluate({
    ...attempt,
    guards: [spec('slow'), spec('passes')],
  })

  expect(outcome).toMatchObject({
    results: [{ id: 'slow', passed: true }, { id: 'passes' }],
    reservations: [reservation],
  })
})

describe('reservations', () => {
  const reserving = guard('reserving', () => ({ passed: true, reserve: [reservation] }))
  const warning = guard('warning', () => ({
    passed: false,
    reserve: [{ ...reservation, key: 'other' }],
  }))

  test('are those of the guards that passed', () => {
    const specs = [spec('reserving'), spec('warning', { severity: 'soft' })]

    expect(judge([reserving, warning], specs).reservations).toEqual([reservation])
  })

  test('are none when the attempt is blocked', () => {
    expect(judge([reserving, fails], [spec('reserving'), spec('fails')]).reservations).toEqual([])
  })
})

describe('what is recorded', () => {
  test('has the parameters, or their digest when they are large', () => {
    const { results } = judge(
      [passes],
      [
        spec('passes', { with: { a: 1 } }),
        spec('big', { use: 'passes', with: { a: 'x'.repeat(2000) } }),
      ],
    )

    expect(results[0]?.parameters).toEqual({ a: 1 })
    expect(results[1]?.parameters).toEqual({ digest: expect.stringMatching(/^[0-9a-f]{64}$/) })
  })

  test('has whole microseconds of the source that is handed in', () => {
    let us = 0
    const evaluator = evaluatorOf([passes], patient, () => (us += 1.4))

    expect(evaluator.evaluate({ ...attempt, guards: [spec('passes')] })).toMatchObject({
      results: [{ durationUs: 1 }],
    })
  })
})

describe('an expression', () => {
  const evidence = { amount: 50 }

  test('passes when it is true', () => {
    const { results } = judge(
      [],
      [spec('small', { when: 'evidence.amount < 100 && transition.id == "pay"' })],
      { evidence },
    )

    expect(results).toMatchObject([{ id: 'small', use: 'expression', passed: true }])
  })

  test.each([
    'instance.tenant == "acme" && instance.loopId == "refund" && instance.aggregateId == "order-1"',
    'instance.currentState == "open" && instance.metadata == {} && size(instance.tags) == 0',
    'actor.id == "alice" && now > 0',
  ])('knows the attempt: %s', (when) => {
    expect(judge([], [spec('known', { when })]).results).toMatchObject([{ passed: true }])
  })

  test.each([
    ['evidence.amount > 100', 'failed'],
    ['evidence.amount', 'bad_verdict'],
    ['evidence.missing > 1', 'threw'],
    ['evidence.', 'threw'],
  ])('%s: %s', (when, reason) => {
    expect(judge([], [spec('small', { when })], { evidence }).blockedBy).toMatchObject({ reason })
  })
})

describe('facts', () => {
  test('are asked for by the guards, and given to those alone', () => {
    const seen: unknown[] = []
    const asks = guard(
      'asks',
      ({ lastExecutedAt, approvals }) => {
        seen.push(lastExecutedAt, approvals)
        return { passed: true }
      },
      { needs: ['last-executed', 'approvals'] },
    )
    const evaluator = evaluatorOf([asks, passes])
    const specs = [
      spec('passes'),
      spec('asks', { with: { transition: 'other' } }),
      spec('own', { use: 'asks' }),
    ]

    const needs = evaluator.needs(specs)
    const lastExecutedAt = new Map([
      ['other', 7],
      [transition.id, 3],
    ])
    void evaluator.evaluate({ ...attempt, guards: specs, lastExecutedAt })

    expect([...needs]).toEqual(['last-executed', 'approvals'])
    expect(seen).toEqual([7, [], 3, []])
  })
})

test('a guard cannot ask for facts that nobody reads', () => {
  const needs = ['approvals', 'weather'] as unknown as Guard['needs']
  expect(() => createGuardRegistry([{ ...passes, needs }])).toThrow(
    expect.objectContaining({ code: 'invalid_config', path: '/guards/0/needs' }),
  )
})

test('a guard cannot take the id of another', () => {
  expect(() => createGuardRegistry([guard('human-only', () => ({ passed: true }))])).toThrow(
    expect.objectContaining({ code: 'already_exists' }),
  )
  expect(() => createGuardRegistry([passes, passes])).toThrow(
    expect.objectContaining({ code: 'already_exists' }),
  )
})
