import type { LoopStore } from '@loop-engine/core'

import { withPlans } from '../reseal.ts'
import { store, type SeededBug } from './seeded-bug.ts'

export const concurrency: readonly SeededBug[] = [
  {
    invariant: 10,
    what: 'reads are answered by a replica that lags behind',
    sabotage: store((inner) => {
      const first = new Map<string, Awaited<ReturnType<LoopStore['get']>>>()
      return {
        ...inner,
        async get(tenant, aggregateId) {
          const now = await inner.get(tenant, aggregateId)
          if (!first.has(aggregateId) && now && aggregateId === 'c') first.set(aggregateId, now)
          return first.get(aggregateId) ?? now
        },
        commit: async (all) => {
          for (const { instance } of all)
            if (instance.aggregateId === 'c' && !first.has('c')) first.set('c', instance)
          return inner.commit(all)
        },
      }
    }),
  },
  {
    invariant: 11,
    what: 'the store reports conflicts that are none',
    sabotage: store((inner) => {
      let commits = 0
      return {
        ...inner,
        commit: async (all) =>
          ++commits === 7
            ? all.map(({ expectedVersion }) => ({
                kind: 'conflict' as const,
                actual: expectedVersion,
              }))
            : inner.commit(all),
      }
    }),
  },
  {
    invariant: 12,
    what: 'two commits of one key both succeed',
    sabotage: store((inner) => ({
      ...withPlans(inner, ({ idempotency: _, ...plan }) => plan),
      idempotency: async () => null,
    })),
  },
  {
    invariant: 13,
    what: 'the store does not check fences',
    sabotage: store((inner) => {
      const newest = new Map<string, number>()
      return {
        ...inner,
        async claim(query) {
          const claims = await inner.claim(query)
          for (const { id, fence } of claims) newest.set(id, fence)
          return claims
        },
        settle: (settlements) =>
          inner.settle(
            settlements.map((settlement) => ({
              ...settlement,
              fence: newest.get(settlement.id) ?? settlement.fence,
            })),
          ),
      }
    }),
  },
]
