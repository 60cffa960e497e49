import {
  type Actor,
  type ApprovalRequest,
  type EntryDraft,
  type LoopInstance,
} from '@loop-engine/core'

import type { Judgement } from '../judging/attempt.ts'
import { noEvidence } from '../judging/evidence.ts'
import type { Kernel } from '../kernel.ts'
import type { Change } from '../recording/change.ts'
import { draftOf } from '../recording/draft.ts'
import { takeFollowUp } from '../recording/follow-up.ts'
import { approvalTimer, enqueueNotices } from '../recording/orders.ts'
import { compareWithRecord } from './compare-with-record.ts'
import type { DecideInput } from './decide-request.ts'
import type { Situation } from './on-request.ts'

/** Who acts when nobody decides. */
export const approvalSystem: Actor = Object.freeze({ type: 'system', id: 'system:approvals' })

export function close(kernel: Kernel, change: Change, request: ApprovalRequest): void {
  change.upsert(request)
  change.cancel(approvalTimer(request.id, 'approval-expiry'))
  enqueueNotices(change, request, request.status, kernel)
}

/**
 * The transition that a policy takes after a rejection or an expiry, in the same commit; returns how that was judged. A
 * request that was changed in the database ends as any other, and nothing follows from it.
 */
export async function followUp(
  kernel: Kernel,
  { instance: before, change, late }: Situation,
  closed: ApprovalRequest,
  transitionId: string | undefined,
): Promise<Judgement | undefined> {
  const { instance } = change
  if (transitionId === undefined || instance.status !== 'active') return undefined
  const changed = await compareWithRecord(kernel, closed, before)
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

/** What a decision says for the record, and whose approvals were found to count no longer. */
export type Said = Pick<DecideInput, 'reason' | 'proof'> & { readonly lapsed?: readonly string[] }

/** What every entry about a request says, with the words and the proof of who decided. */
export function decisionDraft(
  kernel: Kernel,
  instance: LoopInstance,
  request: ApprovalRequest,
  actor: Actor,
  type: EntryDraft['type'],
  decision?: string,
  { reason, proof, lapsed = [] }: Said = {},
): EntryDraft {
  const data = { ...(proof && { proof }), ...(lapsed.length > 0 && { lapsed }) }
  return {
    ...draftOf(kernel, instance, actor),
    type,
    transitionId: request.transitionId,
    approval: {
      id: request.id,
      revision: request.revision,
      viewHash: request.viewHash,
      stage: request.stage,
      ...(decision !== undefined && { decision }),
    },
    ...(reason !== undefined && { reason }),
    ...(Object.keys(data).length > 0 && { data }),
  }
}
