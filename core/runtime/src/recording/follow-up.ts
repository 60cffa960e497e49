import type { Actor, LoopInstance } from '@loop-engine/core'

import { judge, type Judgement } from '../judging/attempt.ts'
import type { Refusal } from '../judging/decide/ruling.ts'
import type { Evidence } from '../judging/evidence.ts'
import type { Kernel } from '../kernel.ts'
import type { Change } from './change.ts'
import { fullCounters } from './full-counters.ts'
import { record } from './record-judgement.ts'
import { overLimit } from './refused-by.ts'
import { supersede } from './supersede.ts'

interface FollowUp {
  readonly transitionId: string
  readonly actor: Actor
  readonly evidence: Evidence
  /** Why the store refused it before, or why it is too late. It is then recorded as rejected; what it follows stays. */
  readonly refusal?: Refusal
}

/** Takes the transition that follows an effect, a timer or a decision, within a change; returns how it was judged. */
export async function takeFollowUp(
  kernel: Kernel,
  change: Change,
  instance: LoopInstance,
  { transitionId, actor, evidence, refusal }: FollowUp,
): Promise<Judgement> {
  const loop = await kernel.loops.pinned(instance.definition.digest)
  const command = { transitionId, actor }
  const judged = async (why?: Refusal): Promise<Judgement> =>
    judge({ kernel, loop, instance, command, evidence, refusal: why, change })
  let judgement = await judged(refusal)
  const full = await fullCounters(kernel, change, judgement.reservations)
  if (full.length > 0) judgement = await judged(overLimit([...(refusal?.overrun ?? []), ...full]))
  record(change, judgement, evidence, kernel)
  if (judgement.ruling.status === 'executed') await supersede(kernel, change)
  return judgement
}
