import { describe, expect, test } from 'vitest'

import { expectNoSecrets, loopErrorOf } from './expect-error.ts'
import type { WireBench } from './wire-bench.ts'

/** Long enough for a request to arrive, short enough to wait for. */
const briefMs = 300

/** Tests that an interrupted call leaves no request running and retries none. */
export function wireInterruption(bench: WireBench): void {
  describe('stops', () => {
    test('before it begins: an aborted call sends nothing', async () => {
      const error = await loopErrorOf(bench.client([]).ask({ signal: AbortSignal.abort() }))

      expect(error).toMatchObject({ code: 'aborted', retryable: false })
      expect(bench.server().requests).toEqual([])
    })

    test('in the middle of a request, and hangs up', async () => {
      const controller = new AbortController()
      const client = bench.client([{ kind: 'hang' }], { maxRetries: 2 })

      const call = loopErrorOf(client.ask({ signal: controller.signal }))
      const request = await bench.server().request(0)
      controller.abort(new Error(`Not about ${bench.secrets.join()}`))
      const error = await call

      expect(error).toMatchObject({ code: 'aborted', retryable: false })
      expect(await request.ended).toBe('hung up')
      expect(bench.server().requests).toHaveLength(1)
      expectNoSecrets(error, [bench.server().apiKey, ...bench.secrets])
    })

    test.each([
      ['that never begins', {}],
      ['that stops in the middle', { midway: true }],
    ])('when its time is up, for an answer %s', async (_, how) => {
      const client = bench.client([{ kind: 'hang', ...how }], { timeoutMs: briefMs })

      const error = await loopErrorOf(client.ask())

      expect(error).toMatchObject({ code: 'timeout', retryable: true, details: { attempts: 1 } })
      expect(await bench.server().requests[0]?.ended).toBe('hung up')
    })

    test('when its time is up, retries included', async () => {
      const client = bench.client([{ kind: 'hang' }, { kind: 'hang' }, { kind: 'hang' }], {
        timeoutMs: briefMs,
        maxRetries: 2,
      })

      const error = await loopErrorOf(client.ask())

      expect(error).toMatchObject({ code: 'timeout', retryable: true })
      expectNoSecrets(error, [bench.server().apiKey, ...bench.secrets])
    })
  })
}
