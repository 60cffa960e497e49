import type { CommitPlan, CommitResult, LoopStore } from '@loop-engine/core'
import { createMemoryStore } from '@loop-engine/sdk'
import type { StoreHarness } from '@loop-engine/testing'

/** What is different in a store. */
export type Change = (inner: LoopStore) => Partial<LoopStore>

/** The store in memory, with a change. */
export function storeWith(change: Change = () => ({})): StoreHarness {
  return {
    name: 'memory',
    create: async () => {
      const inner = createMemoryStore()
      return { ...inner, ...change(inner) }
    },
    without: ['tail', 'watch'],
  }
}

/** A store that commits something else than it was told. */
export function committing(change: (plan: CommitPlan) => object): StoreHarness {
  return storeWith((inner) => ({
    commit: (plans) => inner.commit(plans.map((plan) => ({ ...plan, ...change(plan) }))),
  }))
}

/** A store that answers a commit with something else than what became of it. */
export function answering(
  change: (result: CommitResult, plan: CommitPlan) => object,
): StoreHarness {
  return storeWith((inner) => ({
    async commit(plans) {
      const results = await inner.commit(plans)
      return results.map((result, index) => {
        const plan = plans[index]
        return (plan ? { ...result, ...change(result, plan) } : result) as CommitResult
      })
    },
  }))
}

/** A store that commits plans one after another, and does not look at all of them before. */
export function oneByOne(
  commit: (
    plan: CommitPlan,
    inner: LoopStore,
    before: readonly CommitResult[],
  ) => Promise<CommitResult | readonly CommitResult[]>,
): StoreHarness {
  return storeWith((inner) => ({
    async commit(plans) {
      const results: CommitResult[] = []
      for (const plan of plans) results.push(...[await commit(plan, inner, results)].flat())
      return results
    },
  }))
}

/** A commit that changes what lies beside a run, and nothing else. */
export function beside(instance: CommitPlan['instance'], change: Partial<CommitPlan>): CommitPlan {
  const { tenant, version } = instance
  return { tenant, instance, expectedVersion: version, entries: [], scopes: [], ...change }
}
