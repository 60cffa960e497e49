import { reseal } from '../reseal.ts'
import { plans, store, type SeededBug } from './seeded-bug.ts'

export const isolation: readonly SeededBug[] = [
  {
    invariant: 32,
    what: 'reads leave the tenant out of the key',
    sabotage: store((inner) => ({
      ...inner,
      get: async (tenant, id) => (await inner.get('default', id)) ?? inner.get(tenant, id),
    })),
  },
  {
    invariant: 33,
    what: 'entries take the wall clock as it is, also when it goes back',
    sabotage: plans((plan, inner) =>
      reseal(inner, plan, (entry) =>
        entry.type === 'loop.transition.executed' ? { ...entry, at: entry.at - 3_600_000 } : entry,
      ),
    ),
  },
  {
    invariant: 34,
    what: 'evidence is recorded without redaction',
    sabotage: { options: { redaction: {} } },
  },
  {
    invariant: 35,
    what: 'the size of evidence is not limited',
    sabotage: {
      options: {
        limits: {
          maxEvidenceBytes: 1_000_000,
          maxAttempts: 2,
          backoffMs: { first: 1, longest: 1 },
        },
      },
    },
  },
]
