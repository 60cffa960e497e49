import {
  openEntry,
  openEvidence,
  type EffectSpec,
  type LoopInstance,
  type Reservation,
  type StoredEntry,
} from '@loop-engine/core'

import type { Refusal } from '../judging/decide/ruling.ts'
import { knownEvidence, noEvidence } from '../judging/evidence.ts'
import type { Kernel } from '../kernel.ts'
import { newestFirst } from '../reading/newest-first.ts'
import type { Change } from '../recording/change.ts'
import { takeFollowUp } from '../recording/follow-up.ts'
import { lateFollowUp } from './late-follow-up.ts'

/** Takes the transitions that follow the effects which ended while the run was suspended; returns what they reserve. */
export async function takeHeldFollowUps(
  kernel: Kernel,
  suspended: LoopInstance,
  change: Change,
  refusal?: Refusal,
): Promise<readonly Reservation[]> {
  const reservations: Reservation[] = []
  for (const ended of await endedSinceSuspension(kernel, suspended)) {
    const { actor, receipt } = openEntry(ended)
    const effect = await effectBehind(kernel, suspended, receipt)
    const followUp = ended.type === 'loop.effect.succeeded' ? effect?.onSuccess : effect?.onFailure
    const { instance } = change
    if (followUp === undefined || instance.status !== 'active') continue
    const value = openEvidence(ended)
    const evidence = value === null ? noEvidence : knownEvidence(value, ended.salt ?? '')
    const owed = { transitionId: followUp, actor, evidence }
    const refused = refusal ?? (await lateFollowUp(kernel, suspended, receipt))
    const taken = await takeFollowUp(kernel, change, instance, { ...owed, refusal: refused })
    reservations.push(...taken.reservations)
  }
  return reservations
}

/** The effect by the definition under which it was ordered: the run may have been migrated since. */
async function effectBehind(
  { store, loops }: Kernel,
  run: LoopInstance,
  receipt: string | undefined,
): Promise<EffectSpec | undefined> {
  for await (const entry of newestFirst(store, run)) {
    if (entry.hash !== receipt) continue
    const { definition, transitionId = '' } = openEntry(entry)
    return (await loops.pinned(definition)).transitions.get(transitionId)?.effect
  }
  return undefined
}

/** The ends of effects since the run was suspended, oldest first. */
async function endedSinceSuspension(
  kernel: Kernel,
  suspended: LoopInstance,
): Promise<readonly StoredEntry[]> {
  const ended: StoredEntry[] = []
  for await (const entry of newestFirst(kernel.store, suspended)) {
    if (entry.type === 'loop.suspended') break
    if (entry.type === 'loop.effect.succeeded' || entry.type === 'loop.effect.failed')
      ended.unshift(entry)
  }
  return ended
}
