import { parseDuration } from '@loop-engine/core'

import { brokenGuard } from '../proof-loop.ts'
import { reseal } from '../reseal.ts'
import { plans, type SeededBug } from './seeded-bug.ts'

export const authority: readonly SeededBug[] = [
  {
    invariant: 14,
    what: 'what executes after an approval is not what was approved',
    sabotage: plans((plan, inner) =>
      reseal(inner, plan, (entry) =>
        entry.type === 'loop.transition.executed' && entry.approval && entry.effect
          ? { ...entry, effect: { ...entry.effect, inputDigest: '0'.repeat(64) } }
          : entry,
      ),
    ),
  },
  {
    invariant: 15,
    what: 'an approval that expired is used',
    sabotage: plans((plan, inner) =>
      reseal(inner, plan, (entry) =>
        entry.type === 'loop.transition.executed' && entry.approval
          ? { ...entry, at: entry.at + parseDuration('365d') }
          : entry,
      ),
    ),
  },
  {
    invariant: 16,
    what: 'two accounts of one person count as two people',
    sabotage: {
      options: { identity: { directory: (_, id) => ({ roles: ['finance'], identityClass: id }) } },
    },
  },
  {
    invariant: 17,
    what: 'commits do not look at stops',
    sabotage: plans((plan) => ({ ...plan, scopes: [] })),
  },
  {
    invariant: 18,
    what: 'an agent passes as a person',
    sabotage: plans((plan, inner) =>
      reseal(inner, plan, (entry) =>
        entry.type === 'loop.transition.rejected' && entry.transitionId === 'close'
          ? { ...entry, type: 'loop.transition.executed', toState: 'CLOSED', status: 'completed' }
          : entry,
      ),
    ),
  },
  {
    invariant: 19,
    what: 'a guard that throws counts as passed',
    sabotage: {
      guard: {
        ...brokenGuard,
        evaluate: () => ({ passed: true }),
      },
    },
  },
  {
    invariant: 20,
    what: 'budgets are checked before the commit instead of in it',
    sabotage: plans(({ reservations: _, ...plan }) => plan),
  },
]
