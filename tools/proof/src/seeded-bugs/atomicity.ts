import { reseal } from '../reseal.ts'
import { plans, store, type SeededBug } from './seeded-bug.ts'

export const atomicity: readonly SeededBug[] = [
  {
    invariant: 6,
    what: 'the outbox is written outside the commit, and lost',
    sabotage: plans((plan) => ({
      ...plan,
      outbox: plan.outbox?.filter(({ kind }) => kind !== 'effect'),
    })),
  },
  {
    invariant: 7,
    what: 'a commit is acknowledged that was never written',
    sabotage: store((inner) => {
      let commits = 0
      return {
        ...inner,
        commit: async (all) =>
          ++commits === 8 ? all.map(() => ({ kind: 'committed' as const })) : inner.commit(all),
      }
    }),
  },
  {
    invariant: 8,
    what: 'the store loses idempotency keys',
    sabotage: plans(({ idempotency: _, ...plan }) => plan),
  },
  {
    invariant: 9,
    what: 'a blocked attempt moves the run',
    sabotage: plans((plan, inner) =>
      reseal(inner, plan, (entry) =>
        entry.type === 'loop.transition.blocked' ? { ...entry, toState: 'OPEN' } : entry,
      ),
    ),
  },
]
