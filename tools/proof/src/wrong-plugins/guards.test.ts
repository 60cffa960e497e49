import type { Guard, GuardInput, GuardVerdict, JsonObject } from '@loop-engine/core'
import { guardConformance, type GuardHarness } from '@loop-engine/testing'

import { suiteJudges } from './suite-judges.ts'

/** Passes amounts up to a limit of which it reserves them, not twice within a minute, and once somebody was asked. */
const right: Guard = {
  contract: 'guard/v1',
  id: 'mine',
  description: 'Passes small amounts.',
  needs: ['last-executed', 'approvals'],
  check: ({ limit }) => (typeof limit === 'number' ? [] : ['limit must be a number']),
  evaluate: (input) => judge(input),
}

function judge(input: GuardInput): GuardVerdict {
  const { evidence, parameters, lastExecutedAt, approvals, now } = input
  const { amount } = evidence
  const { limit } = parameters
  if (typeof amount !== 'number' || typeof limit !== 'number')
    return { passed: false, message: 'An amount and a limit are needed.' }
  if (lastExecutedAt === undefined || approvals === undefined)
    return { passed: false, message: 'Not everything was read.' }
  if (lastExecutedAt !== null && now - lastExecutedAt < 60_000)
    return { passed: false, message: 'It was done a minute ago.' }
  if (amount > limit) return { passed: false, message: 'The amount is too high.' }
  return { passed: true, message: 'The amount is low.', reserve: [counter(amount, limit)] }
}

function counter(amount: number, limit: number) {
  return { key: 'mine', bucket: 0, amount, limit }
}

/** The same verdict, with something else in it. */
const passing = (change: (input: GuardInput) => object): Partial<Guard> => ({
  evaluate: (input) => {
    const verdict = judge(input)
    return verdict.passed ? { ...verdict, ...change(input) } : verdict
  },
})
const failing = (change: (input: GuardInput) => object): Partial<Guard> => ({
  evaluate: (input) => {
    const verdict = judge(input)
    return verdict.passed ? verdict : { ...verdict, ...change(input) }
  },
})
/** Looks at something that is not in its input. */
const looking = (look: () => unknown): Partial<Guard> => passing(() => ({ seen: typeof look() }))
const reserving = (change: object): Partial<Guard> =>
  passing(() => ({ reserve: [{ ...counter(1, 9), ...change }] }))

const lacksCheck = ({ check: _, ...guard }: Guard): Guard => guard

await suiteJudges(guardConformance, harnessOf({}), {
  'has another contract': harnessOf({ contract: 'guard/v2' }),
  'has an id that no definition can name': harnessOf({ id: 'mine and yours' }),
  'describes itself in half a sentence': harnessOf({ description: 'small amounts' }),
  'passes everything': harnessOf({ evaluate: () => ({ passed: true }) }),
  'passes nothing': harnessOf({ evaluate: () => ({ passed: false }) }),
  'passes with a value that is truthy but not true': harnessOf(passing(() => ({ passed: 1 }))),
  'throws where it should not pass': harnessOf(
    failing(() => {
      throw new Error('no')
    }),
  ),
  'changes the evidence': harnessOf(
    passing(({ evidence }) => Object.assign(evidence, { amount: 1 })),
  ),
  'asks what time it is': harnessOf(looking(() => Date.now())),
  'creates a date of the current time': harnessOf(looking(() => new Date().getTime())),
  'measures how long it runs': harnessOf(looking(() => performance.now())),
  'asks for a random number': harnessOf(looking(() => Math.random())),
  'draws random bytes': harnessOf(looking(() => crypto.getRandomValues(new Uint8Array(1)))),
  'draws an id': harnessOf(looking(() => crypto.randomUUID())),
  'uses the network': harnessOf(looking(() => fetch('data:,yes').catch(() => undefined))),
  'counts how often it was asked': harnessOf(counting()),
  'returns a value that is not JSON': harnessOf(passing(() => ({ at: Number.NaN }))),
  'quotes evidence when it does not pass': harnessOf(
    failing(({ evidence }) => ({ message: `${JSON.stringify(evidence['note'])} is no reason.` })),
  ),
  'quotes a number of the evidence': harnessOf(
    failing(({ evidence }) => ({ message: `${JSON.stringify(evidence['amount'])} is too high.` })),
  ),
  'quotes evidence when it passes': harnessOf(
    passing(({ evidence }) => ({ message: `${JSON.stringify(evidence['note'])} is a reason.` })),
  ),
  'reserves in a counter without a name': harnessOf(reserving({ key: '' })),
  'reserves in half a window': harnessOf(reserving({ bucket: 0.5 })),
  'reserves less than nothing': harnessOf(reserving({ amount: -1 })),
  'reserves with an infinite limit': harnessOf(reserving({ limit: Infinity })),
  'reserves without a valid end': harnessOf(reserving({ expiresAt: Number.NaN })),
  'reserves twice in one window': harnessOf(
    passing(() => ({ reserve: [counter(1, 9), counter(2, 9)] })),
  ),
  'does not ask for the facts that it uses': harnessOf({ needs: [] }),
  'passes when a fact was not read': harnessOf({
    evaluate: (input: GuardInput) =>
      judge({ ...input, lastExecutedAt: input.lastExecutedAt ?? null, approvals: [] }),
  }),
  'finds fault with parameters that work': harnessOf({ check: () => ['no'] }),
  'finds no fault with any parameters': harnessOf({ check: () => [] }),
  'does not look at its parameters': { ...harnessOf({}), create: () => lacksCheck(right) },
  'passes with parameters that it refuses': harnessOf({
    evaluate: (input: GuardInput) =>
      judge({ ...input, parameters: { limit: 5000, ...onlyNumbers(input) } }),
  }),
})

function counting(): Partial<Guard> {
  let asked = 0
  return passing(() => ({ message: `Asked ${++asked} times.` }))
}

function onlyNumbers({ parameters }: GuardInput): JsonObject {
  return typeof parameters['limit'] === 'number' ? parameters : {}
}

function harnessOf(change: object): GuardHarness {
  const facts = { parameters: { limit: 5000 }, lastExecutedAt: null, approvals: [] }
  const note = 'as agreed with Ms Miller'
  return {
    create: () => ({ ...right, ...change }),
    passes: [{ name: 'a low amount', input: { ...facts, evidence: { amount: 4711, note } } }],
    fails: [
      { name: 'a high amount', input: { ...facts, evidence: { amount: 47110, note } } },
      {
        name: 'an amount so soon',
        input: { ...facts, lastExecutedAt: 1_750_000_000_000, evidence: { amount: 4711, note } },
      },
    ],
    badParameters: [{}, { limit: '5000' }],
  }
}
