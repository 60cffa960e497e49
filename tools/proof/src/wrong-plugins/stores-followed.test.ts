import type { TailPage, TailQuery } from '@loop-engine/core'
import { storeConformance, type StoreHarness } from '@loop-engine/testing'

import { followed } from './followed-store.ts'
import { suiteJudges } from './suite-judges.ts'

const tailing = (
  read: (query: TailQuery, inner: (query: TailQuery) => Promise<TailPage>) => Promise<TailPage>,
): StoreHarness => followed({ tail: (inner) => (query) => read(query, inner) })
const paging = (change: (page: TailPage, query: TailQuery) => object): StoreHarness =>
  tailing(async (query, inner) => {
    const page = await inner(query)
    return { ...page, ...change(page, query) }
  })

await suiteJudges(storeConformance, followed(), {
  'says that it cannot be tailed': { ...followed(), without: ['tail'] },
  'says that it cannot be watched': { ...followed(), without: ['watch'] },
  'cannot be tailed and does not say so': followed({ tail: () => undefined as never }),
  'cannot be watched and does not say so': followed({ watch: () => undefined as never }),
  'shows the entries of one tenant to another': tailing((query, inner) =>
    inner({ ...query, tenant: 'acme' }),
  ),
  'skips entries': paging(({ items }) => ({ items: items.filter((_, index) => index !== 1) })),
  'gives an entry twice': paging(({ items }) => ({ items: items.flatMap((one) => [one, one]) })),
  'gives the first page for ever': tailing(({ after: _, ...query }, inner) => inner(query)),
  'gives entries in any order': paging(({ items }) => ({ items: items.toReversed() })),
  'ignores the size of a tail page': tailing(({ limit: _, ...query }, inner) => inner(query)),
  'accepts any size of a tail page': tailing(({ limit, ...query }, inner) =>
    inner({ ...query, limit: Math.max(1, Math.min(1000, Math.trunc(limit ?? 100))) }),
  ),
  'leaves the evidence of a tailed entry out': paging(({ items }) => ({
    items: items.map(({ entry, cursor }) => ({ entry: { ...entry, evidence: null }, cursor })),
  })),
  'goes on behind the page instead of the entry': paging(({ items, cursor }) => ({
    items: items.map(({ entry }) => ({ entry, cursor })),
  })),
  'goes on before the entry': paging(({ items, cursor }, { after = 'at:0' }) => ({
    items: items.map(({ entry }) => ({ entry, cursor: after })),
    cursor,
  })),
  'begins at the start when asked for now': tailing(({ after, ...query }, inner) =>
    inner({ ...query, ...(after !== undefined && after !== 'now' && { after }) }),
  ),
  'reads an unknown cursor as the beginning': tailing(({ after, ...query }, inner) =>
    inner({ ...query, after }).catch(() => inner(query)),
  ),
  'wakes itself': followed({ tell: (change) => change }),
  'hears of the outbox each time': followed({
    tell: (_, isOwn) => (isOwn ? null : { outbox: true }),
  }),
  'calls listeners that have left': followed({
    watch: (inner) => async (onChange) => {
      await inner(onChange)
      return async () => undefined
    },
  }),
})
