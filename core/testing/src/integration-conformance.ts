import { canonicalize, type EffectContext, type Integration } from '@loop-engine/core'
import { describe, expect, test } from 'vitest'

/** How the suite gets at an integration. */
export interface IntegrationHarness {
  readonly name: string
  create(): Promise<Integration> | Integration
  /** One input that each action accepts, and some that it must refuse. */
  readonly actions: Readonly<
    Record<
      string,
      { readonly input: unknown; readonly bad: readonly unknown[]; readonly idempotent: boolean }
    >
  >
  /** How often the system behind it has acted, for an action. */
  acted(action: string): Promise<number> | number
}

/** Registers the tests that every integration passes unchanged. */
export function integrationConformance(harness: IntegrationHarness): void {
  const contextOf = (idempotencyKey: string): EffectContext => ({
    receipt: {
      tenant: 'acme',
      runId: 'run-1',
      aggregateId: 'order-1',
      seq: 2,
      entry: 'e'.repeat(64),
      transitionId: 'pay',
      expiresAt: 1_750_000_000_000,
    },
    idempotencyKey,
    attempt: 1,
    signal: new AbortController().signal,
  })

  describe(`${harness.name} keeps the integration contract`, () => {
    test('it says what it is, and every action of it is under test', async () => {
      const integration = await harness.create()

      expect(integration).toMatchObject({ contract: 'integration/v1', name: expect.any(String) })
      expect(Object.keys(integration.actions).toSorted()).toEqual(
        Object.keys(harness.actions).toSorted(),
      )
    })

    describe.each(Object.entries(harness.actions))('%s', (name, { input, bad, idempotent }) => {
      test('acts, and answers with JSON or nothing', async () => {
        const action = (await harness.create()).actions[name]

        const output = await action?.run(await action.input.parse(input), contextOf('key-1'))

        expect(() => canonicalize(output ?? null)).not.toThrow()
        expect(await harness.acted(name)).toBe(1)
      })

      test.each(bad.map((value, index) => [index, value]))(
        'refuses bad input %i before it acts',
        async (_, value) => {
          const action = (await harness.create()).actions[name]

          await expect((async () => action?.input.parse(value))()).rejects.toThrow()
          expect(await harness.acted(name)).toBe(0)
        },
      )

      test.runIf(idempotent)('acts once for each key, however often it is delivered', async () => {
        const action = (await harness.create()).actions[name]

        for (let delivery = 1; delivery <= 3; delivery++)
          await action?.run(await action.input.parse(input), {
            ...contextOf('key-2'),
            attempt: delivery,
          })

        expect(await harness.acted(name)).toBe(1)

        await action?.run(await action.input.parse(input), contextOf('key-3'))
        expect(await harness.acted(name)).toBe(2)
      })
    })
  })
}
