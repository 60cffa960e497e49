import { actorScopes, LoopError, type Action } from '@loop-engine/core'

import type { Delivery } from '../delivery.ts'
import type { Kernel } from '../kernel.ts'
import { scopesBehind } from '../recording/change-scopes.ts'
import { unregistered } from '../unregistered.ts'
import { attemptsOf, hasBegun } from './effect-attempts.ts'
import { effectDraft, openJob, recordOf, changeRun, type EffectJob } from './effect-job.ts'
import { holdOf } from './hold.ts'
import { report } from './report-effect.ts'

/** Spends the receipt, or ends an effect that an earlier delivery began or that may not begin. */
export async function begin(
  kernel: Kernel,
  job: EffectJob,
): Promise<{ readonly kind: 'run'; readonly action: Action } | Delivery> {
  const { claim, stored, effect } = job
  const spentBy = await kernel.store.spentBy(claim.tenant, stored.hash)
  const end =
    spentBy === null ? await endUnbegun(kernel, job) : await endBegun(kernel, job, spentBy)
  if (end) return end
  const action = kernel.integrations.get(effect.integration)?.actions[effect.action]
  const refusal = await spend(kernel, job, { isBegun: spentBy !== null, isRegistered: !!action })
  if (action && refusal === null) return { kind: 'run', action }
  switch (refusal) {
    case 'erased':
      return begin(kernel, await openJob(kernel, claim))
    case 'unregistered':
      return unregistered(kernel, 'integration', effect.integration)
    case 'stopped':
    case 'suspended': {
      const error = `${refusal}: ${held[refusal]}`
      return { kind: 'retry', error, afterMs: kernel.held.nextMs() }
    }
    case 'run_cancelled':
    case 'run_failed': {
      // An earlier attempt may have acted, and there will be no other that could tell.
      const type = spentBy === null ? 'loop.effect.failed' : 'loop.effect.unknown'
      return report(kernel, job, { type, reason: refusal })
    }
    default:
      return { kind: 'dead', error: `refused: ${refusal}` }
  }
}

const held = { stopped: 'A stop is in force.', suspended: 'The run is suspended.' } as const

/** Ends an effect that was begun before, unless it may begin again. */
async function endBegun(
  kernel: Kernel,
  job: EffectJob,
  spentBy: string,
): Promise<Delivery | undefined> {
  if (spentBy !== job.claim.id)
    return { kind: 'dead', error: 'refused: The receipt was spent elsewhere.' }
  if (job.effect.semantics === 'at-most-once')
    return report(kernel, job, { type: 'loop.effect.unknown', reason: 'interrupted' })
  // One more than the attempts that may fail, because a crash is no failure. But an effect that crashes each process must
  // end.
  if (await hasBegun(kernel, job, attemptsOf(kernel, job) + 1))
    return report(kernel, job, {
      type: 'loop.effect.unknown',
      reason: 'interrupted',
      dead: 'interrupted: No attempt came to its end.',
    })
  if (!wasErased(job)) return undefined
  // If no attempt is open, the end of the effect is on record.
  if (!(await hasBegun(kernel, job, 1))) return { kind: 'done' }
  return report(kernel, job, { type: 'loop.effect.unknown', reason: 'erased' })
}

/** Ends an effect that was not begun and may not begin any more. */
async function endUnbegun(kernel: Kernel, job: EffectJob): Promise<Delivery | undefined> {
  const isExpired = kernel.clock.now() >= (job.entry.receiptExpiresAt ?? 0)
  if (!isExpired && !wasErased(job)) return undefined
  return report(kernel, job, {
    type: 'loop.effect.failed',
    reason: wasErased(job) ? 'erased' : 'receipt_expired',
    ...(job.spec.onFailure && { followUp: job.spec.onFailure }),
  })
}

/** Whether the evidence of the effect was erased: then it is licensed no longer. */
function wasErased({ entry, stored }: EffectJob): boolean {
  return entry.evidence !== undefined && stored.evidence === null
}

/** Records that the effect begins; returns why it may not, or null. */
async function spend(
  kernel: Kernel,
  job: EffectJob,
  { isBegun, isRegistered }: { readonly isBegun: boolean; readonly isRegistered: boolean },
): Promise<string | null> {
  const { claim, stored, entry, actor } = job
  return changeRun(kernel, job, async (instance, change) => {
    const hold = await holdOf(kernel, instance)
    if (hold) return hold
    // Checked before the receipt is spent, so that another process that has the integration can act.
    if (!isRegistered) return 'unregistered'
    const { isErased, isSpent } = await recordOf(kernel, job, instance)
    // It was erased since the order was read.
    if (isErased) return 'erased'
    if (isSpent && !isBegun) return 'spent'
    // Otherwise somebody who can write to the store could revive an expired receipt.
    if (isBegun && !isSpent)
      throw new LoopError('corrupt', 'The receipt of an effect is spent, but not on record.')
    change.append({
      ...effectDraft(kernel, job, instance, 'loop.effect.started'),
      receipt: stored.hash,
    })
    return {
      // A stop of the integration holds up every effect of it.
      scopes: [...scopesBehind(entry), ...actorScopes(entry.tenant, actor.id)],
      fence: { id: claim.id, fence: claim.fence },
      ...(!isBegun && { spend: { receipt: stored.hash, by: claim.id } }),
    }
  })
}
