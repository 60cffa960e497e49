import { reseal } from '../reseal.ts'
import { executes, plans, type SeededBug } from './seeded-bug.ts'

export const stateAndHistory: readonly SeededBug[] = [
  {
    invariant: 1,
    what: 'the store forgets to update the state of a run',
    sabotage: plans((plan) =>
      executes(plan)
        ? { ...plan, instance: { ...plan.instance, currentState: 'OPEN', transitions: 0 } }
        : plan,
    ),
  },
  {
    invariant: 2,
    what: 'a transition lands in a state that the definition does not lead to',
    sabotage: plans((plan, inner) =>
      reseal(inner, plan, (entry) =>
        entry.transitionId === 'spend' && entry.toState ? { ...entry, toState: 'PAYING' } : entry,
      ),
    ),
  },
  {
    invariant: 3,
    what: 'records do not say how their actor became known',
    sabotage: plans((plan, inner) =>
      reseal(inner, plan, (entry) => ({
        ...entry,
        actor: { type: entry.actor.type, id: entry.actor.id },
      })),
    ),
  },
  {
    invariant: 4,
    what: 'a guard result carries something that is not the same in a replay',
    sabotage: { options: { elapsedUs: neverTheSame() } },
  },
  {
    invariant: 5,
    what: 'a run is judged under a newer definition without a migration',
    sabotage: plans((plan, inner) =>
      reseal(inner, plan, (entry) =>
        entry.seq > 3 ? { ...entry, definition: 'f'.repeat(64) } : entry,
      ),
    ),
  },
]

/** Returns a number that grows over all runs of a process, so that a replay gets other numbers than the first run. */
function neverTheSame(): () => number {
  let sum = 0
  let step = 0
  return () => (sum += ++step)
}
