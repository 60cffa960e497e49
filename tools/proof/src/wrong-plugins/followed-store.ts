import {
  LoopError,
  readLimit,
  type LoopStore,
  type StoreChange,
  type StoredEntry,
} from '@loop-engine/core'
import type { StoreHarness } from '@loop-engine/testing'

import { shared } from './shared-store.ts'

type Tail = NonNullable<LoopStore['tail']>
type Watch = NonNullable<LoopStore['watch']>
type Watcher = Parameters<Watch>[0]

/** The change that makes `tail` or `watch` of a store wrong. */
export interface FollowedChange {
  readonly tail?: (inner: Tail) => Tail
  readonly watch?: (inner: Watch) => Watch
  /** What a watcher is told about a commit; null for nothing. */
  readonly tell?: (change: StoreChange, isOwn: boolean) => StoreChange | null
}

/** The data that several store objects share. */
interface Journal {
  readonly entries: (StoredEntry & { readonly tenant: string })[]
  readonly watchers: Map<Watcher, object>
}

/** The harness of stores in memory that share their data and can be followed, with a change. */
export function followed({
  tail = (same) => same,
  watch = (same) => same,
  tell = (change, isOwn) => (isOwn ? null : change),
}: FollowedChange = {}): StoreHarness {
  const journals = new WeakMap<LoopStore, Journal>()
  return shared({
    harness: { without: [] },
    each(inner, data) {
      const self = {}
      const journal = journals.get(data) ?? { entries: [], watchers: new Map<Watcher, object>() }
      journals.set(data, journal)
      return {
        async commit(plans) {
          const results = await inner.commit(plans)
          const made = plans.filter((_, index) => results[index]?.kind === 'committed')
          for (const { tenant, entries } of made)
            journal.entries.push(...entries.map((entry) => ({ ...entry, tenant })))
          const outbox = made.some((plan) => (plan.outbox?.length ?? 0) > 0)
          for (const [watcher, owner] of journal.watchers) {
            const told = made.length > 0 ? tell({ outbox }, owner === self) : null
            if (told) watcher(told)
          }
          return results
        },
        tail: tail(tailOf(journal)),
        watch: watch(async (onChange) => {
          journal.watchers.set(onChange, self)
          return async () => void journal.watchers.delete(onChange)
        }),
      }
    },
  })
}

/** A `tail` whose cursor is a position in the journal. */
function tailOf({ entries }: Journal): Tail {
  return async ({ tenant, after = 'at:0', limit }) => {
    const most = readLimit(limit)
    if (after === 'now') return { items: [], cursor: `at:${entries.length}` }
    const from = Number(/^at:(\d+)$/.exec(after)?.[1])
    if (!(from <= entries.length))
      throw new LoopError('invalid_input', 'The cursor was not given by this tail.')
    const items = entries
      .map(({ tenant: owner, ...entry }, index) => ({ owner, entry, cursor: `at:${index + 1}` }))
      .slice(from)
      .filter(({ owner }) => owner === tenant)
      .map(({ entry, cursor }) => ({ entry, cursor }))
      .slice(0, most)
    return { items, cursor: items.at(-1)?.cursor ?? after }
  }
}
