import type { LoopInstance } from '@loop-engine/core'

import type { Kernel } from '../kernel.ts'

type Hold = 'suspended' | 'run_cancelled' | 'run_failed'

/**
 * Why no effect of a run may begin, or null: the run is suspended, or somebody cancelled or failed it. A run that reached a
 * terminal state by itself holds nothing back: the effect of its last transition is carried out.
 */
export async function holdOf(
  kernel: Kernel,
  { status, currentState, definition }: LoopInstance,
): Promise<Hold | null> {
  if (status === 'suspended') return 'suspended'
  if (status !== 'cancelled' && status !== 'failed') return null
  const { states } = await kernel.loops.pinned(definition.digest)
  return states.get(currentState)?.terminal ? null : `run_${status}`
}
