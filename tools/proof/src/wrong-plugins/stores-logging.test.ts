import { storeConformance } from '@loop-engine/testing'

import { suiteJudges } from './suite-judges.ts'
import { storeWith } from './wrong-store.ts'

await suiteJudges(storeConformance, storeWith(), {
  'gives entries that a leaf names to the sequencer again': storeWith((inner) => ({
    async unlogged(tenant, limit) {
      const open = await inner.unlogged(tenant, limit)
      const [run] = (await inner.find({ tenant })).items
      return open.length > 0 || !run ? open : inner.entries(tenant, run.runId)
    },
  })),
  'skips what commits late': storeWith((inner) => {
    let behind = 0
    return {
      async unlogged(tenant, limit) {
        const entries = await inner.unlogged(tenant, 1000)
        return entries.filter(({ at }) => at >= behind).slice(0, limit)
      },
      async appendLog(tenant, plan) {
        for (const { seq } of plan.leaves) behind = Math.max(behind, 1_750_000_000_000 + seq)
        return inner.appendLog(tenant, plan)
      },
    }
  }),
  'gives the sequencer all that there is': storeWith((inner) => ({
    unlogged: (tenant) => inner.unlogged(tenant, 1000),
  })),
  'gives the sequencer the entries of others': storeWith((inner) => ({
    unlogged: (_, limit) => inner.unlogged('acme', limit),
  })),
  'lets two sequencers append': storeWith((inner) => ({
    appendLog: async (tenant, plan) => {
      const { size } = await inner.logHead(tenant)
      return inner.appendLog(tenant, { ...plan, expectedSize: size })
    },
  })),
  'says that a log was appended': storeWith((inner) => ({
    appendLog: async (tenant, plan) => (await inner.appendLog(tenant, plan)) || true,
  })),
  'signs any head': storeWith((inner) => ({
    signLog: async (tenant, _, note) => inner.signLog(tenant, await inner.logHead(tenant), note),
  })),
  'forgets the note of a head': storeWith((inner) => ({
    logHead: async (tenant) => ({ ...(await inner.logHead(tenant)), note: null }),
  })),
  'keeps the note of an older head': storeWith((inner) => {
    let kept: string | null = null
    return {
      async logHead(tenant) {
        const head = await inner.logHead(tenant)
        kept = head.note ?? kept
        return { ...head, note: kept }
      },
    }
  }),
  'reads all leaves': storeWith((inner) => ({
    leaves: (tenant) => inner.leaves(tenant, { from: 0, limit: 1000 }),
  })),
  'tells the leaves of a run in the order of the log': storeWith((inner) => ({
    leavesOf: async (tenant, runId) =>
      (await inner.leaves(tenant, { from: 0, limit: 1000 })).filter((leaf) => leaf.runId === runId),
  })),
})
