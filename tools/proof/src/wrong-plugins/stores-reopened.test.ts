import { LoopError, type LoopInstance, type LoopStore } from '@loop-engine/core'
import { createMemoryStore } from '@loop-engine/sdk'
import { storeConformance, type StoreHarness } from '@loop-engine/testing'

import { suiteJudges } from './suite-judges.ts'
import type { Change } from './wrong-store.ts'

interface Difference {
  /** In every store object. */
  readonly each?: Change
  /** In those that open data which are there. */
  readonly later?: Change
  readonly harness?: Partial<StoreHarness>
}

const forgetting = (later: Partial<LoopStore>): StoreHarness => harnessOf({ later: () => later })

await suiteJudges(storeConformance, harnessOf({}), {
  'does not say that it ends with its process': harnessOf({ harness: { reopen: undefined } }),
  'shares its data and says that it does not': harnessOf({
    harness: { without: ['tail', 'watch', 'sharing'] },
  }),
  'is empty when it is opened again': harnessOf({ later: () => createMemoryStore() }),
  'forgets runs': forgetting({ get: async () => null }),
  'forgets entries': forgetting({ entries: async () => [] }),
  'forgets what was executed': forgetting({ lastExecuted: async () => null }),
  'forgets approvals': forgetting({ approval: async () => null }),
  'forgets where requests were posted': harnessOf({
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
  'forgets what was signed': harnessOf({
    later: (inner) => ({
      logHead: async (tenant) => ({ ...(await inner.logHead(tenant)), note: null }),
    }),
  }),
  'forgets what waits': forgetting({ claim: async () => [] }),
  'begins its fences anew': harnessOf({
    later: (inner) => ({
      claim: async (query) =>
        (await inner.claim(query)).map((claim, index) => ({ ...claim, fence: index + 1 })),
    }),
  }),
  'reads runs from its own memory': harnessOf({
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
  'reads stops from its own memory': harnessOf({
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
  'looks at the stops of its own memory': harnessOf({
    later: (inner) => ({
      commit: (plans) => inner.commit(plans.map((plan) => ({ ...plan, scopes: [] }))),
    }),
  }),
  'lets what another has claimed be claimed once more': harnessOf({
    later: (inner) => ({
      claim: (query) => inner.claim({ ...query, now: query.now + query.leaseMs }),
    }),
  }),
})

/** Store objects of shared data: each is closed for itself. */
function harnessOf({ each = () => ({}), later = () => ({}), harness }: Difference): StoreHarness {
  const dataOf = new WeakMap<LoopStore, LoopStore>()
  const open = (data: LoopStore, change: Change): LoopStore => {
    const changed = { ...data, ...change(data) }
    const store = closing({ ...changed, ...each(changed) })
    dataOf.set(store, data)
    return store
  }
  return {
    name: 'shared memory',
    create: async () => open(createMemoryStore({ durability: 'process' }), () => ({})),
    reopen: async (store) => open(dataOf.get(store) ?? store, later),
    without: ['tail', 'watch'],
    ...harness,
  }
}

function closing(store: LoopStore): LoopStore {
  let closed = false
  const calls = Object.entries(store).flatMap(([name, member]: [string, unknown]) => {
    if (typeof member !== 'function') return []
    const call = async (...given: unknown[]): Promise<unknown> => {
      if (closed) throw new LoopError('closed', 'The store was closed.')
      return Reflect.apply(member, store, given) as unknown
    }
    return [[name, call]]
  })
  return {
    ...store,
    ...(Object.fromEntries(calls) as Partial<LoopStore>),
    async close() {
      closed = true
    },
  }
}
