import { LoopError, type LoopStore } from '@loop-engine/core'
import { createMemoryStore } from '@loop-engine/sdk'
import type { StoreHarness } from '@loop-engine/testing'

import type { Change } from './wrong-store.ts'

export interface Difference {
  /** The change of every store object. */
  readonly each?: (inner: LoopStore, data: LoopStore) => Partial<LoopStore>
  /** The change of store objects that open existing data. */
  readonly later?: Change
  readonly harness?: Partial<StoreHarness>
}

/** The harness of store objects that share their data; each is closed on its own. */
export function shared({
  each = () => ({}),
  later = () => ({}),
  harness,
}: Difference): StoreHarness {
  const dataOf = new WeakMap<LoopStore, LoopStore>()
  const open = (data: LoopStore, change: Change): LoopStore => {
    const changed = { ...data, ...change(data) }
    const store = closing({ ...changed, ...each(changed, data) })
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
