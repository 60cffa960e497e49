import type { LoopInstance, LoopStore } from '@loop-engine/core'
import { createMemoryStore } from '@loop-engine/sdk'
import { storeConformance, type StoreHarness } from '@loop-engine/testing'

import { shared } from './shared-store.ts'
import { suiteJudges } from './suite-judges.ts'

const forgetting = (later: Partial<LoopStore>): StoreHarness => shared({ later: () => later })

await suiteJudges(storeConformance, shared({}), {
  'does not say that it ends with its process': shared({ harness: { reopen: undefined } }),
  'shares its data and says that it does not': shared({
    harness: { without: ['tail', 'watch', 'sharing'] },
  }),
  'is empty when it is opened again': shared({ later: () => createMemoryStore() }),
  'forgets runs': forgetting({ get: async () => null }),
  'forgets entries': forgetting({ entries: async () => [] }),
  'forgets what was executed': forgetting({ lastExecuted: async () => null }),
  'forgets approvals': forgetting({ approval: async () => null }),
  'forgets where requests were posted': shared({
    later: (inner) => ({
      async approval(tenant, id) {
        const request = await inner.approval(tenant, id)
        return request && { ...request, messages: {} }
      },
    }),
  }),
  'forgets keys': forgetting({ idempotency: async () => null }),
  'forgets counters': forgetting({ counter: async () => 0 }),
  'forgets which receipts are spent': forgetting({ spentBy: async () => null }),
  'forgets stops': forgetting({ stops: async () => [] }),
  'forgets definitions': forgetting({ definition: async () => null }),
  'forgets dead letters': forgetting({ deadLetters: async () => ({ items: [] }) }),
  'forgets leaves': forgetting({ leaves: async () => [] }),
  'forgets the leaves of a run': forgetting({ leavesOf: async () => [] }),
  'forgets what was signed': shared({
    later: (inner) => ({
      logHead: async (tenant) => ({ ...(await inner.logHead(tenant)), note: null }),
    }),
  }),
  'forgets what waits': forgetting({ claim: async () => [] }),
  'begins its fences anew': shared({
    later: (inner) => ({
      claim: async (query) =>
        (await inner.claim(query)).map((claim, index) => ({ ...claim, fence: index + 1 })),
    }),
  }),
  'reads runs from its own memory': shared({
    each(inner) {
      const known = new Map<string, LoopInstance>()
      return {
        async getRun(tenant, runId) {
          const name = JSON.stringify([tenant, runId])
          const run = known.get(name) ?? (await inner.getRun(tenant, runId))
          if (run) known.set(name, run)
          return run
        },
        async commit(plans) {
          known.clear()
          return inner.commit(plans)
        },
      }
    },
  }),
  'reads stops from its own memory': shared({
    each(inner) {
      let known: ReturnType<LoopStore['stops']> | undefined
      return {
        stops: () => (known ??= inner.stops()),
        async commit(plans) {
          known = undefined
          return inner.commit(plans)
        },
      }
    },
  }),
  'looks at the stops of its own memory': shared({
    later: (inner) => ({
      commit: (plans) => inner.commit(plans.map((plan) => ({ ...plan, scopes: [] }))),
    }),
  }),
  'lets what another has claimed be claimed once more': shared({
    later: (inner) => ({
      claim: (query) => inner.claim({ ...query, now: query.now + query.leaseMs }),
    }),
  }),
})
