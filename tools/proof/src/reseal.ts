import {
  applyEntry,
  openEntry,
  sealEntry,
  genesisHash,
  type CommitPlan,
  type EntryDraft,
  type LedgerEntry,
  type LoopInstance,
  type LoopStore,
  type StoredEntry,
} from '@loop-engine/core'

/** Returns a plan with other entries, chained and folded again, as a faulty engine would commit it. */
export async function reseal(
  store: LoopStore,
  plan: CommitPlan,
  change: (entry: LedgerEntry, stored: StoredEntry) => LedgerEntry,
): Promise<CommitPlan> {
  const base =
    plan.expectedVersion === 0 ? null : await store.getRun(plan.tenant, plan.instance.runId)
  let instance: LoopInstance | null = base
  const entries = plan.entries.map((stored) => {
    const { v, seq, prevHash, ...draft } = change(openEntry(stored), stored)
    void [v, seq, prevHash]
    const evidence =
      stored.evidence !== null && stored.salt !== null
        ? { text: stored.evidence, salt: stored.salt }
        : null
    const sealed = sealEntry(
      draft as EntryDraft,
      instance ?? { version: 0, head: genesisHash },
      evidence,
    )
    instance = applyEntry(instance, draft as EntryDraft, sealed)
    return sealed
  })
  return { ...plan, entries, instance: instance ?? plan.instance }
}

/** A store that passes every plan through `change` before it commits. */
export function withPlans(
  store: LoopStore,
  change: (plan: CommitPlan, store: LoopStore) => CommitPlan | Promise<CommitPlan>,
): LoopStore {
  return {
    ...store,
    commit: async (plans) =>
      store.commit(await Promise.all(plans.map(async (plan) => change(plan, store)))),
  }
}
