import type { CommitPlan, CommitResult, LoopStore } from '@loop-engine/core'
import { createMemoryStore } from '@loop-engine/sdk'
import type { StoreHarness } from '@loop-engine/testing'

/** The change that makes a store wrong. */
export type Change = (inner: LoopStore) => Partial<LoopStore>

/** The harness of the store in memory, with a change. */
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

/** A store that commits a changed plan. */
export function committing(change: (plan: CommitPlan) => object): StoreHarness {
  return storeWith((inner) => ({
    commit: (plans) => inner.commit(plans.map((plan) => ({ ...plan, ...change(plan) }))),
  }))
}

/** A store that answers a commit with a changed result. */
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

/** A store that commits plans one after another, without checking all of them first. */
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

/** A plan that changes only things beside a run. */
export function beside(instance: CommitPlan['instance'], change: Partial<CommitPlan>): CommitPlan {
  const { tenant, version } = instance
  return { tenant, instance, expectedVersion: version, entries: [], scopes: [], ...change }
}
