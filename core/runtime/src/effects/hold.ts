import type { LoopInstance } from '@loop-engine/core'

import type { Kernel } from '../kernel.ts'

type Hold = 'suspended' | 'run_cancelled' | 'run_failed'

/**
 * Why nothing that a run ordered may begin, or null: the run waits to be resumed, or somebody ended it before it came to
 * an end of its own. What the last transition of a run orders is done.
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
