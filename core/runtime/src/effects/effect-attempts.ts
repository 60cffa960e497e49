import { LoopError, openEntry, type EntryType } from '@loop-engine/core'

import type { Kernel } from '../kernel.ts'
import { newestFirst } from '../reading/newest-first.ts'
import type { EffectJob } from './effect-job.ts'

/** How often an idempotent effect may begin. */
export function attemptsOf({ limits }: Kernel, { spec }: EffectJob): number {
  return spec.maxAttempts ?? limits.maxAttempts
}

/**
 * Whether the effect has begun at least `times` since it was ordered or last given up. Counted by the record and not by its
 * deliveries, because a delivery that a stop or a suspension held up was no attempt.
 */
export async function hasBegun(
  kernel: Kernel,
  { claim, stored }: EffectJob,
  times: number,
): Promise<boolean> {
  const run = await kernel.store.getRun(claim.tenant, claim.runId)
  if (!run) throw new LoopError('corrupt', 'The run of an effect is gone.')
  let begun = 0
  for await (const entry of newestFirst(kernel.store, run, claim.seq)) {
    if (!attemptTypes.has(entry.type) || openEntry(entry).receipt !== stored.hash) continue
    if (entry.type !== 'loop.effect.started') break
    begun += 1
    if (begun >= times) return true
  }
  return false
}

/** The entries of an attempt, and those that end a series of attempts. */
const attemptTypes = new Set<EntryType>([
  'loop.effect.started',
  'loop.effect.failed',
  'loop.effect.unknown',
])
