import {
  canonicalize,
  deepFreeze,
  type Guard,
  type GuardInput,
  type GuardVerdict,
  type JsonObject,
} from '@loop-engine/core'
import { describe, expect, test } from 'vitest'

import { startPlan } from './plans.ts'
import { withoutChance } from './without-chance.ts'

/** One attempt, given by the fields in which it differs from a plain one. */
export interface GuardCase {
  /** Ends the sentence "it passes …" or "it does not pass …". */
  readonly name: string
  readonly input: Partial<GuardInput>
}

/** Gives the suite the guard under test. */
export interface GuardHarness {
  /** Creates a new guard. Two guards must judge alike. */
  readonly create: () => Guard
  readonly passes: readonly GuardCase[]
  readonly fails: readonly GuardCase[]
  /** Parameters that `check` reports, and with which the guard never passes; `none` for a guard without parameters. */
  readonly badParameters: readonly JsonObject[] | 'none'
}

const blank: GuardInput = {
  instance: startPlan({ runId: 'run-1', createdAt: 0, updatedAt: 0 }).instance,
  transition: { id: 'pay', from: 'open', to: 'paid', signal: 'pay', actors: ['human'], guards: [] },
  actor: { type: 'human', id: 'alice' },
  evidence: {},
  guardId: 'guard',
  parameters: {},
  now: 1_750_000_000_000,
}

/**
 * Registers the tests that every guard passes unchanged.
 *
 * @example
 * guardConformance({
 *   create: createBusinessHoursGuard,
 *   passes: [{ name: 'at noon', input: { now: noon } }],
 *   fails: [{ name: 'at night', input: { now: night } }],
 *   badParameters: [{ timeZone: 'Mars/Base' }],
 * })
 */
export function guardConformance(harness: GuardHarness): void {
  const { create, passes, fails, badParameters } = harness
  const cases = [...passes, ...fails]
  const bad = badParameters === 'none' ? [] : badParameters

  describe(`${create().id} keeps the guard contract`, () => {
    test('it names itself', () => {
      const { contract, id, description } = create()

      expect(contract).toBe('guard/v1')
      expect(id).toMatch(/^[A-Za-z0-9$_][A-Za-z0-9$_.:\-/]{0,127}$/)
      expect(description).toMatch(/\.$/)
    })

    test('the harness shows it passing and failing', () => {
      expect([passes.length > 0, fails.length > 0]).toEqual([true, true])
    })

    test.each(passes)('it passes $name', async ({ input }) => {
      expect(await judge(create(), input)).toMatchObject({ passed: true })
    })

    test.each(fails)('it does not pass $name', async ({ input }) => {
      expect(await judge(create(), input)).toMatchObject({ passed: false })
    })

    test.each(cases)('it judges alike again, from its input alone: $name', async ({ input }) => {
      const guard = create()
      const first = canonicalize(await judge(guard, input))

      expect(canonicalize(await judge(guard, input))).toBe(first)
      expect(canonicalize(await judge(create(), input))).toBe(first)
    })

    test.each(cases)('its message quotes no evidence: $name', async ({ input }) => {
      const { message = '' } = await judge(create(), input)
      const known = canonicalize(input.parameters ?? {})

      for (const text of textsOf(input.evidence)) {
        if (!known.includes(text)) expect(message).not.toContain(text)
      }
    })

    test.each(passes)('what it reserves can be counted: $name', async ({ input }) => {
      const { reserve = [] } = await judge(create(), input)

      for (const { key, bucket, amount, limit, expiresAt = 0 } of reserve) {
        expect(key).not.toBe('')
        expect(Number.isSafeInteger(bucket)).toBe(true)
        for (const number of [amount, limit, expiresAt]) expect(isAmount(number)).toBe(true)
      }
      expect(new Set(reserve.map(({ key, bucket }) => `${bucket} ${key}`)).size).toBe(
        reserve.length,
      )
    })

    test.each(passes)(
      'it does not pass when a fact that it needs is missing: $name',
      async ({ input }) => {
        const { needs = [] } = create()
        const unread = { ...input, lastExecutedAt: undefined, approvals: undefined }

        expect(needs.length > 0 && (await passesQuietly(create(), unread))).toBe(false)
      },
    )

    test('it reports no problem with parameters that work', () => {
      const { check } = create()

      for (const { input } of passes) expect(check?.(input.parameters ?? {}) ?? []).toEqual([])
    })

    test('the harness shows parameters that it refuses, or says that it takes none', () => {
      expect(badParameters === 'none' ? passes.every(hasNoParameters) : bad.length > 0).toBe(true)
    })

    test.each(bad)(
      'it reports the parameters %o, and never passes with them',
      async (parameters) => {
        const { check } = create()

        expect(check?.(parameters) ?? []).not.toEqual([])
        for (const { input } of passes) {
          expect(await passesQuietly(create(), { ...input, parameters })).toBe(false)
        }
      },
    )
  })
}

function hasNoParameters({ input }: GuardCase): boolean {
  return Object.keys(input.parameters ?? {}).length === 0
}

/**
 * Asks a guard, with frozen input that holds only the facts it `needs`. Until the guard first waits, it can use neither
 * the clock nor randomness.
 */
async function judge(guard: Guard, change: Partial<GuardInput>): Promise<GuardVerdict> {
  const { lastExecutedAt, approvals, ...given } = { ...blank, ...change }
  const input = deepFreeze(
    structuredClone({
      ...given,
      ...(guard.needs?.includes('last-executed') && { lastExecutedAt }),
      ...(guard.needs?.includes('approvals') && { approvals }),
    }),
  )
  const { signal } = new AbortController()
  return withoutChance(() => guard.evaluate(input, { signal }))
}

/** Whether a guard passes. A guard that throws fails, as in the engine. */
async function passesQuietly(guard: Guard, change: Partial<GuardInput>): Promise<boolean> {
  return judge(guard, change).then(
    ({ passed }) => passed,
    () => false,
  )
}

function textsOf(value: unknown): readonly string[] {
  if (typeof value === 'string' || typeof value === 'number') {
    const text = String(value)
    return text.length > 3 ? [text] : []
  }
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsOf) : []
}

function isAmount(value: number): boolean {
  return Number.isFinite(value) && value >= 0
}
