import { openEntry, type LoopInstance } from '@loop-engine/core'

import type { Refusal } from '../judging/decide/ruling.ts'
import type { Kernel } from '../kernel.ts'
import { newestFirst } from '../reading/newest-first.ts'

/**
 * Refuses the transition that follows an effect if the run has left the state since the effect was ordered. A run that is
 * back in that state waits for something else.
 */
export async function lateFollowUp(
  { store }: Kernel,
  run: LoopInstance,
  receipt: string | undefined,
  orderedAt = 1,
): Promise<Refusal | undefined> {
  if (run.stateVersion === orderedAt) return undefined
  for await (const entry of newestFirst(store, run, orderedAt)) {
    if (entry.hash === receipt) return undefined
    if (entry.type !== 'loop.transition.executed') continue
    const { fromState, toState } = openEntry(entry)
    if (fromState !== toState) return moved
  }
  return undefined
}

const moved: Refusal = {
  reason: 'not_from_this_state',
  message: 'The run has left the state since the effect was ordered.',
}
