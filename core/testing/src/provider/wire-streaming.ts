import type { ModelProgress } from '@loop-engine/core'
import { describe, expect, test } from 'vitest'

import type { WireBench } from './wire-bench.ts'

/** Tests that a stream reports progress and ends with the whole answer. */
export function wireStreaming(bench: WireBench): void {
  if (bench.harness.streams) streamed(bench)
  else unstreamed(bench)
}

const throwing = (): never => {
  throw new Error('A listener that fails.')
}

function unstreamed(bench: WireBench): void {
  test('answers without a stream, even if a listener asks for progress and throws', async () => {
    await bench.client([bench.success]).ask({ onProgress: throwing })

    expect(bench.server().requests[0]?.streams).toBe(false)
  })
}

function streamed(bench: WireBench): void {
  const { success } = bench
  const said = success.kind === 'text' ? success.text : JSON.stringify(success.value)

  describe('streams', () => {
    test('text while it arrives, and the same answer at the end', async () => {
      const client = bench.client([success, { ...success, pieceBytes: 40 }])
      const progress: ModelProgress[] = []

      const whole = await client.ask()
      const streamed = await client.ask({ onProgress: (step) => progress.push(step) })

      expect(bench.server().requests.map(({ streams }) => streams)).toEqual([false, true])
      expect(progress[0]).toEqual({ type: 'attempt', attempt: 1 })
      const deltas = progress.flatMap((step) => (step.type === 'text' ? [step.delta] : []))
      expect(deltas.length).toBeGreaterThan(1)
      expect(deltas.join('')).toBe(said)
      expect(streamed.substance).toEqual(whole.substance)
      // Streaming does not change the prompt, so the attribution is the same.
      const { responseId: _, latencyMs: __, ...attributed } = streamed.actor
      expect(whole.actor).toMatchObject(attributed)
    })

    test('on when the listener throws', async () => {
      const answer = bench.client([success]).ask({ onProgress: throwing })

      await expect(answer).resolves.toMatchObject({ actor: { attempts: 1 } })
    })

    test('until its caller aborts, and then hangs up', async () => {
      const controller = new AbortController()
      const client = bench.client([{ kind: 'hang', midway: true }])

      const answer = client.ask({
        signal: controller.signal,
        onProgress: ({ type }) => {
          if (type === 'text') controller.abort()
        },
      })

      await expect(answer).rejects.toMatchObject({ code: 'aborted', retryable: false })
      expect(await bench.server().requests[0]?.ended).toBe('hung up')
    })

    test('no longer than its time limit', async () => {
      const client = bench.client([{ kind: 'hang', midway: true }], { timeoutMs: 300 })

      const answer = client.ask({ onProgress: () => {} })

      await expect(answer).rejects.toMatchObject({ code: 'timeout', retryable: true })
      expect(await bench.server().requests[0]?.ended).toBe('hung up')
    })
  })
}
