import { setTimeout as sleep } from 'node:timers/promises'

import { LoopError, type LoopSystem } from '@loop-engine/sdk'

export interface SettleOptions {
  readonly loopId: string
  readonly abort: AbortSignal
  readonly limitMs: number
}

/** Under a stop tickets wait until a person releases it, so waiting longer is useless. */
const limitUnderStopMs = 1000

/**
 * Waits until every ordered ticket is filed, failed or given up. A process that died may still hold the lease of a
 * delivery; the relay takes it over when the lease ends.
 */
export async function settle(
  { engine, relay }: Pick<LoopSystem, 'engine' | 'relay'>,
  { loopId, abort, limitMs }: SettleOptions,
): Promise<void> {
  const since = Date.now()
  while (!abort.aborted) {
    const ordered = await engine.find({
      loopId,
      state: 'REMEDIATING',
      status: 'active',
      limit: 1000,
    })
    if (ordered.items.length === 0) return
    const { items: given } = await relay.deadLetters({ limit: 1000 })
    if (ordered.items.every((run) => given.some(({ runId }) => runId === run.runId))) return
    const waitedMs = Date.now() - since
    if (waitedMs > limitUnderStopMs && (await engine.stops()).length > 0) return
    if (waitedMs > limitMs)
      throw new LoopError('timeout', 'Ordered tickets were not filed in time.')
    await sleep(10)
  }
}
