import { canonicalize, deepFreeze, type EffectContext, type Integration } from '@loop-engine/core'
import { describe, expect, test } from 'vitest'

/** Gives the suite the integration under test. */
export interface IntegrationHarness {
  readonly name: string
  /** Creates an integration whose system has not acted yet. Each test creates one, and tests use the same keys. */
  create(): Promise<Integration> | Integration
  /** One input that each action accepts, and some that it must refuse. */
  readonly actions: Readonly<
    Record<
      string,
      { readonly input: unknown; readonly bad: readonly unknown[]; readonly idempotent: boolean }
    >
  >
  /** Creates another integration with the same system, like a process that goes on after a crash. */
  reopen?(): Promise<Integration> | Integration
  /** How often the system of the newest integration has carried out an action. */
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
    test('it names itself and its contract, and the harness tests each of its actions', async () => {
      const integration = await harness.create()

      expect(integration).toMatchObject({
        contract: 'integration/v1',
        name: expect.stringMatching(/./),
      })
      expect(Object.keys(integration.actions).toSorted()).toEqual(
        Object.keys(harness.actions).toSorted(),
      )
    })

    describe.each(Object.entries(harness.actions))('%s', (name, { input, bad, idempotent }) => {
      const deliver = async (
        integration: Integration,
        key: string,
        attempt: number,
      ): Promise<unknown> => {
        const action = integration.actions[name]
        const parsed = await action?.input.parse(deepFreeze(structuredClone(input)))
        return action?.run(parsed, { ...contextOf(key), attempt })
      }

      test('acts, and returns JSON or nothing', async () => {
        const output = await deliver(await harness.create(), 'key-1', 1)

        expect(() => canonicalize(output ?? null)).not.toThrow()
        expect(await harness.acted(name)).toBe(1)
      })

      test('has input in the harness that it refuses', () => {
        expect(bad).not.toEqual([])
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
        const integration = await harness.create()

        for (let attempt = 1; attempt <= 3; attempt++) await deliver(integration, 'key-2', attempt)
        expect(await harness.acted(name)).toBe(1)

        // The first attempt may have died before it reached the integration.
        await deliver(integration, 'key-3', 2)
        expect(await harness.acted(name)).toBe(2)
      })

      test.runIf(idempotent && harness.reopen)(
        'acts once for each key, even if another process delivers it again',
        async () => {
          await deliver(await harness.create(), 'key-4', 1)
          const other = await harness.reopen?.()
          if (other) await deliver(other, 'key-4', 2)

          expect(await harness.acted(name)).toBe(1)
        },
      )
    })
  })
}
