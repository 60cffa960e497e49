import {
  LoopError,
  openEntry,
  parseDuration,
  type LoopInstance,
  type OutboxClaim,
  type StoredEntry,
} from '@loop-engine/core'

import type { Delivery } from '../delivery.ts'
import { noEvidence } from '../judging/evidence.ts'
import type { Kernel } from '../kernel.ts'
import { newestFirst } from '../reading/newest-first.ts'
import { scopesOf } from '../recording/change-scopes.ts'
import { createChange } from '../recording/change.ts'
import { takeFollowUp } from '../recording/follow-up.ts'
import { stateTimer } from '../recording/orders.ts'
import { isOverLimit } from '../recording/refused-by.ts'
import { untilCommitted } from '../recording/until-committed.ts'
import { heldUp, timerActor, whenEarly } from './timer.ts'

/**
 * Takes the transition that a state names for a run that stayed in it too long. Which transition, and when, is read from the
 * definition: a run is pinned to that by its digest, while anybody with the database could change the outbox.
 */
export async function timeOutState(kernel: Kernel, claim: OutboxClaim): Promise<Delivery> {
  return untilCommitted<Delivery>(kernel, claim, {
    async attempt(late) {
      const instance = await kernel.store.getRun(claim.tenant, claim.runId)
      // Whatever ends the stay begins another one; so does a suspension.
      const isStay = instance && claim.id === stateTimer(instance.runId, instance.stateVersion)
      if (!isStay) return { result: { kind: 'done' } }
      const { states } = await kernel.loops.pinned(instance.definition.digest)
      const timeout = states.get(instance.currentState)?.timeout
      if (!timeout) return { result: { kind: 'done' } }
      const since = await stayedSince(kernel, instance)
      const early = whenEarly(kernel, since + parseDuration(timeout.after))
      if (early) return { result: early }
      const change = createChange(instance)
      const { ruling, reservations } = await takeFollowUp(kernel, change, instance, {
        transitionId: timeout.transition,
        actor: timerActor,
        evidence: noEvidence,
        refusal: late,
      })
      if (isOverLimit(ruling)) return { result: heldUp(kernel, 'limit', 'timeout') }
      const settle = { id: claim.id, fence: claim.fence }
      const rest = { scopes: scopesOf(instance, timerActor), settle, reservations }
      return { result: { kind: 'settled' }, record: { change, rest } }
    },
    refused: ({ reason }) => heldUp(kernel, reason, 'timeout'),
    conflict: 'The run kept moving while its timeout was taken.',
  })
}

/** When the run came into its state, by the record. */
async function stayedSince({ store }: Kernel, run: LoopInstance): Promise<number> {
  let first: StoredEntry | undefined
  for await (const entry of newestFirst(store, run, run.stateVersion)) first = entry
  if (!first) throw new LoopError('corrupt', 'The run of a timer has no record.')
  return openEntry(first).at
}
