import {
  canonicalize,
  submissionSchema,
  type LoopErrorCode,
  type Provider,
  type Submission,
  type SubmissionContext,
} from '@loop-engine/core'
import { describe, expect, test } from 'vitest'

import type { ModelReply } from './model-server/model-reply.ts'
import { expectNoSecrets, loopErrorOf } from './provider/expect-error.ts'
import { decisionFailures } from './provider/failure-cases.ts'
import {
  decisionFor,
  otherQuestion,
  question as context,
  questionSecrets,
} from './provider/question.ts'
import { wireAttempts } from './provider/wire-attempts.ts'
import { wireAttribution } from './provider/wire-attribution.ts'
import { createWireBench, type Attributed, type WireBench } from './provider/wire-bench.ts'
import { wireDecision } from './provider/wire-decision.ts'
import { wireFailures } from './provider/wire-failures.ts'
import type { ProviderWireHarness } from './provider/wire-harness.ts'
import { wireInterruption } from './provider/wire-interruption.ts'
import { wireStreaming } from './provider/wire-streaming.ts'

/** Gives the suite the provider under test: each factory creates one whose model behaves in one way. */
export interface ProviderHarness {
  readonly name: string
  /** The model picks the signal `approve`. */
  decides(): Provider
  /**
   * Each of these ends in a typed error. Leave out a failure that the vendor does not have, and name it in `missing`.
   */
  readonly failures: Partial<Record<ProviderFailure, () => Provider>>
  /** Failures that the vendor does not have. */
  readonly missing: readonly ProviderFailure[]
  /** What must never appear in an error: keys, prompts, bodies. */
  readonly secrets: readonly string[]
}

const providerFailures = [
  'refusal',
  'truncated',
  'content_filter',
  'not_json',
  'wrong_signal',
  'rate_limit',
  'timeout',
  'server_error',
  'auth',
] as const
export type ProviderFailure = (typeof providerFailures)[number]

const expected: Readonly<
  Record<ProviderFailure, { readonly code: LoopErrorCode; readonly retryable: boolean }>
> = {
  refusal: { code: 'refused', retryable: false },
  truncated: { code: 'truncated', retryable: false },
  content_filter: { code: 'content_filtered', retryable: false },
  not_json: { code: 'bad_response', retryable: true },
  wrong_signal: { code: 'bad_response', retryable: true },
  rate_limit: { code: 'rate_limited', retryable: true },
  timeout: { code: 'timeout', retryable: true },
  server_error: { code: 'unavailable', retryable: true },
  auth: { code: 'auth', retryable: false },
}

/**
 * Registers the tests that every provider passes unchanged. With factories it
 * covers the contract. With a `wire` it runs the vendor's real SDK against a local
 * server of that format, and also covers everything that passes between the two.
 */
export function providerConformance(harness: ProviderHarness | ProviderWireHarness): void {
  describe(`${harness.name} keeps the provider contract`, () => {
    if (!('wire' in harness)) return contract(harness)
    const bench = createWireBench(harness, {
      success: { kind: 'decision', value: decisionFor('approve') },
      secrets: questionSecrets,
      clientOf: (provider) => ({
        name: provider.name,
        model: provider.model,
        ask: async (options) => withSubstance(await provider.createSubmission(context, options)),
        askOther: async () => withSubstance(await provider.createSubmission(otherQuestion)),
      }),
    })
    contract(scripted(bench))
    wireDecision(bench)
    wireFailures(bench, decisionFailures(bench))
    wireInterruption(bench)
    wireStreaming(bench)
    wireAttribution(bench)
    wireAttempts(bench)
  })
}

function withSubstance(submission: Submission): Attributed {
  return {
    ...submission,
    substance: { signal: submission.signal, decision: submission.decision },
  }
}

function contract(harness: ProviderHarness): void {
  test('it names itself, its model and its contract', () => {
    expect(harness.decides()).toMatchObject({
      contract: 'provider/v1',
      name: expect.stringMatching(/./),
      model: expect.stringMatching(/./),
    })
  })

  test('it proposes one of the open signals, as an attributed agent', async () => {
    const provider = harness.decides()

    const submission = await provider.createSubmission(context)

    expect(submissionSchema.parse(submission)).toBeTruthy()
    expect(() => canonicalize(submission.decision)).not.toThrow()
    expect(submission.signal).toBe('approve')
    expect(submission.actor).toMatchObject({
      type: 'ai-agent',
      provider: provider.name,
      modelId: provider.model,
      promptHash: expect.stringMatching(/^[0-9a-f]{64}$/),
    })
  })

  test('its prompt hash depends on the question alone', async () => {
    const hashOf = async (asked: SubmissionContext): Promise<string | undefined> =>
      (await harness.decides().createSubmission(asked)).actor.promptHash
    const first = await hashOf(context)

    expect(await hashOf(context)).toBe(first)
    expect(await hashOf(otherQuestion)).not.toBe(first)
  })

  test('it does not change the question', async () => {
    const before = structuredClone(context)

    await harness.decides().createSubmission(context)

    expect(context).toEqual(before)
  })

  test('an abort ends a submission', async () => {
    const submission = harness.decides().createSubmission(context, { signal: AbortSignal.abort() })

    await expect(submission).rejects.toMatchObject({ code: 'aborted', retryable: false })
  })

  test.each(providerFailures)(
    '%s gives a typed error without secrets, or is declared missing',
    async (failure) => {
      const create = harness.failures[failure]
      if (!create) {
        expect(harness.missing).toContain(failure)
        return
      }
      const error = await loopErrorOf(create().createSubmission(context))

      expect({ code: error.code, retryable: error.retryable }).toEqual(expected[failure])
      expectNoSecrets(error, [...harness.secrets, ...questionSecrets])
    },
  )
}

const replies: Readonly<Record<ProviderFailure, ModelReply>> = {
  refusal: { kind: 'refusal' },
  truncated: { kind: 'truncated' },
  content_filter: { kind: 'content_filter' },
  not_json: { kind: 'not_json' },
  wrong_signal: { kind: 'wrong_signal' },
  rate_limit: { kind: 'status', status: 429 },
  timeout: { kind: 'hang' },
  server_error: { kind: 'status', status: 500 },
  auth: { kind: 'status', status: 401 },
}

function scripted(bench: WireBench<Provider>): ProviderHarness {
  const missing = providerFailures.filter(
    (failure) => (failure === 'refusal' || failure === 'content_filter') && bench.lacks(failure),
  )
  const factories = providerFailures
    .filter((failure) => !missing.includes(failure))
    .map((failure) => [
      failure,
      () => bench.plugin([replies[failure]], failure === 'timeout' ? { timeoutMs: 200 } : {}),
    ])
  return {
    name: bench.harness.name,
    decides: () => bench.plugin([bench.success]),
    failures: Object.fromEntries(factories),
    missing,
    secrets: ['sk-key-of-the-model-server'],
  }
}
