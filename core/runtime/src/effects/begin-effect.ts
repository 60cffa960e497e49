import { actorScopes, type Action } from '@loop-engine/core'

import type { Delivery } from '../delivery.ts'
import type { Kernel } from '../kernel.ts'
import { scopesBehind } from '../recording/stop-scopes.ts'
import { unregistered } from '../unregistered.ts'
import { attemptsOf, hasBegun } from './effect-attempts.ts'
import { effectDraft, openJob, recordOf, write, type EffectJob } from './effect-job.ts'
import { holdOf } from './hold.ts'
import { report } from './report-effect.ts'

/** Spends the receipt, or finds out what an earlier delivery left behind. */
export async function begin(
  kernel: Kernel,
  job: EffectJob,
): Promise<{ readonly kind: 'run'; readonly action: Action } | Delivery> {
  const { claim, stored, entry, effect } = job
  const action = kernel.integrations.get(effect.integration)?.actions[effect.action]
  const spentBy = await kernel.store.spentBy(claim.tenant, stored.hash)
  if (spentBy !== null && spentBy !== claim.id)
    return { kind: 'dead', error: 'refused: The receipt was spent elsewhere.' }
  if (spentBy !== null && effect.semantics === 'at-most-once')
    return report(kernel, job, { type: 'loop.effect.unknown', reason: 'interrupted' })
  // One more than the attempts that may fail: a crash is no failure. But what ends each process that tries must stop.
  if (spentBy !== null && (await hasBegun(kernel, job, attemptsOf(kernel, job) + 1))) {
    return report(kernel, job, {
      type: 'loop.effect.unknown',
      reason: 'interrupted',
      dead: 'interrupted: No attempt came to its end.',
    })
  }
  // What was erased is licensed no longer. The end of an attempt that was given up is on record.
  const wasErased = entry.evidence !== undefined && stored.evidence === null
  if (wasErased && spentBy !== null) {
    if (!(await hasBegun(kernel, job, 1))) return { kind: 'done' }
    return report(kernel, job, { type: 'loop.effect.unknown', reason: 'erased' })
  }
  const isExpired = kernel.clock.now() >= (entry.receiptExpiresAt ?? 0)
  if (spentBy === null && (wasErased || isExpired)) {
    return report(kernel, job, {
      type: 'loop.effect.failed',
      reason: wasErased ? 'erased' : 'receipt_expired',
      ...(job.spec.onFailure && { followUp: job.spec.onFailure }),
    })
  }
  const refusal = await write(kernel, job, async (instance, change) => {
    const hold = await holdOf(kernel, instance)
    if (hold) return hold
    // Before the receipt is spent: a process that has the integration can still act.
    if (!action) return 'unregistered'
    const { isErased, isSpent } = await recordOf(kernel, job, instance)
    // Since it was read.
    if (isErased) return 'erased'
    if (isSpent && spentBy === null) return 'spent'
    change.append({
      ...effectDraft(kernel, job, instance, 'loop.effect.started'),
      receipt: stored.hash,
    })
    return {
      // A stop of the integration holds up all that it would do.
      scopes: [...scopesBehind(entry), ...actorScopes(entry.tenant, job.actor.id)],
      fence: { id: claim.id, fence: claim.fence },
      ...(spentBy === null && { spend: { receipt: stored.hash, by: claim.id } }),
    }
  })
  if (action && refusal === null) return { kind: 'run', action }
  if (refusal === 'erased') return begin(kernel, await openJob(kernel, claim))
  if (refusal === 'unregistered') return unregistered(kernel, 'integration', effect.integration)
  if (refusal === 'stopped')
    return { kind: 'retry', error: 'stopped: A stop is in force.', afterMs: kernel.held.nextMs() }
  if (refusal === 'suspended')
    return {
      kind: 'retry',
      error: 'suspended: The run is suspended.',
      afterMs: kernel.held.nextMs(),
    }
  if (refusal === 'run_cancelled' || refusal === 'run_failed') {
    // An attempt that was begun may have acted, and nobody will ask again.
    const type = spentBy === null ? 'loop.effect.failed' : 'loop.effect.unknown'
    return report(kernel, job, { type, reason: refusal })
  }
  return { kind: 'dead', error: `refused: ${refusal}` }
}
