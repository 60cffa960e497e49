import { LoopError, openEntry, type ApprovalRequest, type LoopInstance } from '@loop-engine/core'

import { checkInput } from '../check-input.ts'
import { releaseErased } from '../effects/release-erased.ts'
import { personOrSystem } from '../judging/admit-actor.ts'
import type { Kernel } from '../kernel.ts'
import { ownScopes } from '../recording/change-scopes.ts'
import type { Change, PlanRest } from '../recording/change.ts'
import { draftOf } from '../recording/draft.ts'
import { withoutEvidence } from '../recording/without-evidence.ts'
import { eraseKeys, type EraseInput } from './engine-input.ts'
import { rewrite } from './rewrite-run.ts'

/** Deletes the evidence of one entry, and the copies of it that a request and an effect keep. */
export async function eraseEvidence(kernel: Kernel, input: EraseInput): Promise<LoopInstance> {
  checkInput('engine.erase', input, eraseKeys, ['aggregateId', 'reason'])
  const { tenant = 'default', reason, seq } = input
  const actor = personOrSystem(kernel, input.actor, 'erase evidence')
  const build = async (instance: LoopInstance, change: Change): Promise<PlanRest> => {
    // A record of an erasure that never happened would let somebody believe that the evidence is gone.
    if (!Number.isSafeInteger(seq) || seq < 1 || seq > instance.version)
      throw new LoopError('not_found', 'The run has no entry of this number.', {
        path: '/seq',
        hint: `Its newest is ${instance.version}.`,
      })
    change.append({
      ...draftOf(kernel, instance, actor),
      type: 'loop.evidence.erased',
      reason,
      data: { seq },
    })
    const request = await requestOf(kernel, instance, seq)
    if (request) change.upsert(withoutEvidence(request))
    return { scopes: ownScopes(tenant, actor), erase: [seq] }
  }
  const erased = await rewrite(kernel, input, build, { finalToo: true })
  await releaseErased(kernel, { ...erased, seq })
  return erased
}

/** The request that keeps a copy of the evidence of an entry; an entry that only responds to a request has no copy there. */
async function requestOf(
  { store }: Kernel,
  { tenant, runId }: LoopInstance,
  seq: number,
): Promise<ApprovalRequest | null> {
  const [stored] = await store.entries(tenant, runId, { from: seq, to: seq })
  if (!stored) return null
  const { type, evidence, approval } = openEntry(stored)
  const isResponse = type === 'loop.approval.decided' && approval?.decision !== 'edit'
  const hasCopy = evidence !== undefined && !isResponse
  return approval && hasCopy ? store.approval(tenant, approval.id) : null
}
