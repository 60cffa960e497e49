import { LoopError, type EntryType } from '@loop-engine/core'

import type { Delivery } from '../delivery.ts'
import { noEvidence, type Evidence } from '../judging/evidence.ts'
import type { Kernel } from '../kernel.ts'
import { takeFollowUp } from '../recording/follow-up.ts'
import { effectDraft, isErased, changeRun, type EffectJob } from './effect-job.ts'
import { lateFollowUp } from './late-follow-up.ts'

export type Ending = {
  readonly type: EntryType
  readonly evidence?: Evidence
  readonly reason?: string
  readonly followUp?: string
  /** Why the delivery becomes a dead letter, which a person may retry; with erased evidence it ends all the same. */
  readonly dead?: string
}

/** Records the end of an effect and the transition that follows, in the commit that ends the delivery, unless that is dead. */
export async function report(
  kernel: Kernel,
  job: EffectJob,
  { type, evidence = noEvidence, reason, followUp, dead }: Ending,
): Promise<Delivery> {
  const { claim, actor } = job
  const lease = { id: claim.id, fence: claim.fence }
  let letter = dead
  const refused = await changeRun(kernel, job, async (instance, change, refusal) => {
    change.append(
      {
        ...effectDraft(kernel, job, instance, type),
        receipt: job.stored.hash,
        ...(reason !== undefined && { reason }),
        ...(evidence.digest && { evidence: evidence.digest }),
      },
      evidence.sealed,
    )
    const now = change.instance
    // For a suspended run this is done when the run is resumed.
    const taken =
      followUp !== undefined && now.status === 'active'
        ? await takeFollowUp(kernel, change, now, {
            transitionId: followUp,
            actor,
            evidence,
            refusal: refusal ?? (await lateFollowUp(kernel, instance, job.stored.hash, claim.seq)),
          })
        : undefined
    // A dead letter would keep the input of an effect whose evidence was erased.
    if (dead !== undefined) letter = (await isErased(kernel, job)) ? undefined : dead
    // What was done is recorded even under a stop, which holds up the next effect.
    return {
      scopes: [],
      ...(letter === undefined ? { settle: lease } : { fence: lease }),
      reservations: taken?.reservations,
    }
  })
  if (refused !== null)
    throw new LoopError('refused', 'The report of an effect was refused.', {
      retryable: true,
      details: { reason: refused },
    })
  return letter === undefined ? { kind: 'settled' } : { kind: 'dead', error: letter }
}
