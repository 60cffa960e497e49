import type { LLMock } from '@copilotkit/aimock'
import type { LoopErrorCode, Provider, Retriever, Submission } from '@loop-engine/core'
import { describe, expect, test } from 'vitest'

import {
  aimockAnswer,
  aimockKey,
  createAimockBench,
  type AimockBench,
} from './provider/aimock-bench.ts'
import { expectNoSecrets, loopErrorOf } from './provider/expect-error.ts'
import { question, questionSecrets } from './provider/question.ts'
import type { WireHarness } from './provider/wire-harness.ts'

/**
 * Runs a part of the provider suite against `@copilotkit/aimock`, which has to be installed. Our model server and our
 * adapters could misread a vendor in the same way; an independent server is unlikely to.
 *
 * aimock serves Gemini under `/v1beta` alone, knows no request ids, and has neither refusals nor failures with HTTP
 * 200.
 */
export function providerCrossCheck(harness: WireHarness<Provider>): void {
  describe(`${harness.name} keeps the provider contract in front of aimock`, () => {
    const bench = createAimockBench(harness, (provider, options) =>
      provider.createSubmission(question, options),
    )
    decisions(bench)
    failures(bench)
    // aimock sends the time to wait in a header. Gemini sends it in the body, so this would test nothing real.
    if (harness.wire !== 'gemini') limits(bench)
    if (harness.streams) streams(bench)
  })
}

/** The same for a retriever. aimock sends no sources, so only failures can be checked. */
export function retrieverCrossCheck(harness: WireHarness<Retriever>): void {
  describe(`${harness.name} keeps the retriever contract in front of aimock`, () => {
    failures(
      createAimockBench(harness, (retriever, options) =>
        retriever.retrieve(question.instruction, options),
      ),
    )
  })
}

function decisions({ harness, ask, decides }: AimockBench<Submission>): void {
  test('a decision, with what aimock says about it', async () => {
    decides()

    const { signal, actor, decision } = await ask()

    expect(signal).toBe('approve')
    expect(decision).toMatchObject({ confidence: 0.87 })
    expect(actor).toMatchObject({ usage: { inputTokens: 70, outputTokens: 9 }, attempts: 1 })
    // The adapter must not invent values that aimock does not send.
    expect(actor).toMatchObject(
      harness.wire === 'gemini'
        ? { responseId: null }
        : { responseId: 'answer-7', servedModel: 'served-model' },
    )
  })
}

function failures({ mock, ask, decides }: AimockBench<unknown>): void {
  test.each<[status: number, code: LoopErrorCode, retryable: boolean]>([
    [401, 'auth', false],
    [429, 'rate_limited', true],
    [500, 'unavailable', true],
    [503, 'unavailable', true],
  ])('status %i', async (status, code, retryable) => {
    const message = `${aimockKey} asked: ${question.instruction}`
    mock().on({}, { error: { message, type: 'some_error' }, status, retryAfter: 7 })

    const error = await loopErrorOf(ask())

    expect(error).toMatchObject({ code, retryable, details: { status } })
    expectNoSecrets(error, [aimockKey, ...questionSecrets])
  })

  test.each<[name: string, chaos: Parameters<LLMock['setChaos']>[0], code: LoopErrorCode]>([
    ['a connection that is cut', { disconnectRate: 1 }, 'unavailable'],
    ['an error that is dropped in', { dropRate: 1 }, 'unavailable'],
    ['a body that is no JSON', { malformedRate: 1 }, 'bad_response'],
  ])('%s', async (_, chaos, code) => {
    decides()
    mock().setChaos(chaos)

    const error = await loopErrorOf(ask())

    expect(error).toMatchObject({ code, retryable: true })
  })

  test('an answer that comes too late', async () => {
    decides()
    mock().setChaos({ latencyMs: 5000 })

    const error = await loopErrorOf(ask({ timeoutMs: 200 }))

    expect(error).toMatchObject({ code: 'timeout', retryable: true })
  })

  test('an answer that is of no use', async () => {
    mock().on({}, { content: 'I would approve it.' })

    const error = await loopErrorOf(ask())

    expect(error).toMatchObject({ code: 'bad_response', retryable: true })
  })
}

function limits({ mock, ask }: AimockBench<unknown>): void {
  test('when to come again', async () => {
    mock().on({}, { error: { message: 'Slow down.' }, status: 429, retryAfter: 7 })

    const error = await loopErrorOf(ask())

    expect(error.details).toMatchObject({ retryAfterMs: 7000 })
  })
}

function streams({ ask, decides }: AimockBench<Submission>): void {
  test('a stream, with the decision at its end', async () => {
    decides({ chunkSize: 9 })
    const deltas: string[] = []

    const { signal, actor } = await ask(
      {},
      {
        onProgress: (step) => step.type === 'text' && deltas.push(step.delta),
      },
    )

    expect(signal).toBe('approve')
    expect(deltas.length).toBeGreaterThan(1)
    expect(deltas.join('')).toBe(aimockAnswer)
    expect(actor).toMatchObject({ usage: { inputTokens: 70, outputTokens: 9 } })
  })

  test('a stream that is cut', async () => {
    decides({ chunkSize: 9, truncateAfterChunks: 3 })

    const error = await loopErrorOf(ask({}, { onProgress: () => {} }))

    expect(error).toMatchObject({ code: 'unavailable', retryable: true })
  })
}
