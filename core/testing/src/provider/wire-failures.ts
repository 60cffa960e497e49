import { describe, expect, test } from 'vitest'

import { modelProse } from '../model-server/model-reply.ts'
import { startModelServer } from '../model-server/model-server.ts'
import { expectNoSecrets, loopErrorOf } from './expect-error.ts'
import { lineFailures, type FailureCase } from './failure-cases.ts'
import type { WireBench } from './wire-bench.ts'

/** Tests that every failure is a typed error, which tells a program what it needs and does not leak the question. */
export function wireFailures(bench: WireBench, peculiar: readonly FailureCase[]): void {
  const all = [...peculiar, ...lineFailures]

  describe('ends with a typed error:', () => {
    test.each(all)('$name', (failure) => checkFailure(bench, failure))

    // A provider that does not stream has none of these cases.
    test.each(bench.harness.streams ? all : [])('$name, in a stream', (failure) =>
      checkFailure(bench, failure, () => {}),
    )

    test('a wrong key, without a retry', async () => {
      const apiKey = 'sk-wrong-key-of-a-stranger'

      const error = await loopErrorOf(bench.client([], { apiKey, maxRetries: 2 }).ask())

      expect(error).toMatchObject({ code: 'auth', retryable: false, details: { status: 401 } })
      expect(bench.server().requests).toHaveLength(1)
      expectNoSecrets(error, [apiKey, ...bench.secrets])
    })

    test('a rate limit, with the time to wait', async () => {
      const limit = { kind: 'status', status: 429, retryAfterSeconds: 7 } as const

      const error = await loopErrorOf(bench.client([limit]).ask())

      expect(error).toMatchObject({ code: 'rate_limited', retryable: true })
      expect(error.details?.['retryAfterMs']).toBe(bench.lacks('retry_after') ? undefined : 7000)
    })

    test('an address at which nobody listens', async () => {
      const gone = await startModelServer({ wire: bench.harness.wire })
      await gone.close()

      const error = await loopErrorOf(bench.client([], { baseUrl: gone.baseUrl }).ask())

      expect(error).toMatchObject({ code: 'unavailable', retryable: true })
    })
  })
}

async function checkFailure(
  bench: WireBench,
  { reply, codes, retryable, answered, status }: FailureCase,
  onProgress?: () => void,
): Promise<void> {
  const client = bench.client([reply])

  const error = await loopErrorOf(client.ask(onProgress && { onProgress }))

  expect(codes).toContain(error.code)
  expect(error).toMatchObject({ plugin: client.name, details: { attempts: 1 } })
  if (retryable !== undefined) expect(error.retryable).toBe(retryable)
  if (status !== undefined) expect(error.details?.['status']).toBe(status)
  if (answered) {
    expect(error.details?.['responseId']).toMatch(/_0001$/)
    expect(error.details?.['usage']).toMatchObject({ inputTokens: 120 })
  }
  const sent = bench.sendsRequestId && !(reply.kind === 'cut' && reply.before)
  expect(error.details?.['requestId'] ?? null).toBe(sent ? 'req_0001' : null)
  expectNoSecrets(error, [bench.server().apiKey, modelProse, 'You sent', ...bench.secrets])
}
