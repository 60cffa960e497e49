import { describe, expect, test } from 'vitest'

import { hashOfReceived } from './wire-attribution.ts'
import type { WireBench } from './wire-bench.ts'

/** Tests that every attempt is recorded, also those that the SDK makes on its own. */
export function wireAttempts(bench: WireBench): void {
  describe('sees every attempt:', () => {
    if (bench.lacks('retries')) unrepeated(bench)
    else repeated(bench)
  })
}

const failed = { kind: 'status', status: 500, retryAfterMs: 1 } as const

function unrepeated(bench: WireBench): void {
  test('the only one, because the SDK retries nothing', async () => {
    const client = bench.client([failed, bench.success], { maxRetries: 1 })

    await expect(client.ask()).rejects.toMatchObject({
      code: 'unavailable',
      details: { attempts: 1 },
    })
    expect(bench.server().requests).toHaveLength(1)
  })
}

function repeated(bench: WireBench): void {
  const seen = (id: string): string | null => (bench.sendsRequestId ? id : null)

  test('one that failed and one that was answered', async () => {
    const progress: unknown[] = []
    const client = bench.client([failed, bench.success], { maxRetries: 1 })

    const { actor, attempts, requestId } = await client.ask({
      onProgress: (step) => progress.push(step.type === 'attempt' ? step.attempt : 'text'),
    })

    const [first] = bench.server().requests
    const promptHash = first && hashOfReceived(first)
    expect(actor).toMatchObject({ attempts: 2, promptHash })
    expect(attempts).toMatchObject([
      { status: 500, requestId: seen('req_0001'), promptHash },
      { status: 200, requestId: seen('req_0002'), promptHash },
    ])
    expect(requestId ?? null).toBe(seen('req_0002'))
    expect(progress.filter((step) => step !== 'text')).toEqual([1, 2])
  })

  test('all that failed', async () => {
    const client = bench.client([failed, failed], { maxRetries: 1 })

    await expect(client.ask()).rejects.toMatchObject({
      code: 'unavailable',
      details: { attempts: 2 },
    })
    expect(bench.server().requests).toHaveLength(2)
  })
}
