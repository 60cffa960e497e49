import type { CommitPlan, LoopStore } from '@loop-engine/core'

import { withPlans } from '../reseal.ts'
import type { Sabotage } from '../sabotage.ts'

/** An intended fault, and the invariant that must catch it. */
export interface SeededBug {
  readonly invariant: number
  readonly what: string
  readonly sabotage: Sabotage
}

/** The sabotage that changes the store. */
export const store = (change: (store: LoopStore) => LoopStore): Sabotage => ({ store: change })
/** The sabotage that changes the plans which the engine commits. */
export const plans = (
  change: (plan: CommitPlan, store: LoopStore) => CommitPlan | Promise<CommitPlan>,
): Sabotage => store((inner) => withPlans(inner, change))
export const executes = (plan: CommitPlan): boolean =>
  plan.entries.some(({ type }) => type === 'loop.transition.executed')
