import {
  isLoopError,
  submissionSchema,
  type LoopErrorCode,
  type Provider,
  type SubmissionContext,
} from '@loop-engine/core'
import { describe, expect, test } from 'vitest'

/** How the suite gets at a provider: each factory makes one whose model behaves so. */
export interface ProviderHarness {
  readonly name: string
  /** Picks the signal `approve` with a decision. */
  decides(): Provider
  /** Each of these ends in a typed error; leave out what the vendor cannot do, and say so in `missing`. */
  readonly failures: Partial<Record<ProviderFailure, () => Provider>>
  /** Failures that the vendor does not have. */
  readonly missing: readonly ProviderFailure[]
  /** What must never appear in an error: keys, prompts, bodies. */
  readonly secrets: readonly string[]
}

export const providerFailures = [
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

const context: SubmissionContext = {
  loopId: 'order',
  loopName: 'Order',
  currentState: 'open',
  availableSignals: [
    { signalId: 'approve', name: 'Approve' },
    { signalId: 'reject', name: 'Reject' },
  ],
  instruction: 'Decide about the order.',
  evidence: { amount: 12 },
}

/** Registers the tests that every provider passes unchanged. */
export function providerConformance(harness: ProviderHarness): void {
  describe(`${harness.name} keeps the provider contract`, () => {
    test('it says what it is', () => {
      expect(harness.decides()).toMatchObject({
        contract: 'provider/v1',
        name: expect.any(String),
        model: expect.any(String),
      })
    })

    test('it proposes one of the open signals, as an attributed agent', async () => {
      const submission = await harness.decides().createSubmission(context)

      expect(submissionSchema.parse(submission)).toBeTruthy()
      expect(submission.signal).toBe('approve')
      expect(submission.actor).toMatchObject({
        type: 'ai-agent',
        provider: expect.any(String),
        modelId: expect.any(String),
        promptHash: expect.stringMatching(/^[0-9a-f]{64}$/),
      })
    })

    test('what it was given stays as it was', async () => {
      const before = structuredClone(context)

      await harness.decides().createSubmission(context)

      expect(context).toEqual(before)
    })

    test('an abort ends it', async () => {
      const submission = harness
        .decides()
        .createSubmission(context, { signal: AbortSignal.abort() })

      await expect(submission).rejects.toMatchObject({ code: 'aborted' })
    })

    test.each(providerFailures)(
      '%s is a typed error without secrets, or declared missing',
      async (failure) => {
        const create = harness.failures[failure]
        if (!create) {
          expect(harness.missing).toContain(failure)
          return
        }
        const error: unknown = await create()
          .createSubmission(context)
          .catch((thrown: unknown) => thrown)

        expect(isLoopError(error) && { code: error.code, retryable: error.retryable }).toEqual(
          expected[failure],
        )
        const text = `${String(error)} ${JSON.stringify(error)}`
        for (const secret of [...harness.secrets, context.instruction])
          expect(text).not.toContain(secret)
      },
    )
  })
}
