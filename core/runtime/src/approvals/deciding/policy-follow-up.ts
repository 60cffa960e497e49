import type { Judgement } from '../../judging/attempt.ts'
import { noEvidence } from '../../judging/evidence.ts'
import type { Kernel } from '../../kernel.ts'
import { compareWithRecord } from '../../reading/compare-with-record.ts'
import { approvalSystem } from '../../recording/close-request.ts'
import { takeFollowUp } from '../../recording/follow-up.ts'
import type { Situation } from './on-request.ts'

/**
 * Takes the transition that a policy names for a rejection or an expiry, in the same commit; returns how it was judged. A
 * request that was changed in the database ends like any other, but nothing follows from it.
 */
export async function takePolicyFollowUp(
  kernel: Kernel,
  { request, instance: before, change, late }: Situation,
  transitionId: string | undefined,
): Promise<Judgement | undefined> {
  const { instance } = change
  if (transitionId === undefined || instance.status !== 'active') return undefined
  const changed = await compareWithRecord(kernel, request, before)
  if (changed) {
    kernel.report(changed)
    return undefined
  }
  return takeFollowUp(kernel, change, instance, {
    transitionId,
    actor: approvalSystem,
    evidence: noEvidence,
    refusal: late,
  })
}
