import type { LoopStore, StoreChange, StoredEntry, TailQuery } from '@loop-engine/core'
import { describe, expect, onTestFinished, test } from 'vitest'

import { nextPlan, outboxItem, startPlan } from '../plans.ts'
import type { OpenStore, StoreHarness } from '../store-conformance.ts'
import { codeOf } from './answers.ts'

/**
 * Tests `tail` and `watch`, by which processes follow each
 * other. A store has them, or its harness names them as missing.
 */
export function testStoreLive(open: OpenStore, harness: StoreHarness): void {
  const { without = [] } = harness
  const testOf = { tail: testTail, watch: testWatch }
  describe('following others', () => {
    for (const capability of ['tail', 'watch'] as const) {
      const register = without.includes(capability) ? testWithout(capability) : testOf[capability]
      register(open, harness)
    }
  })
}

function testWithout(capability: 'tail' | 'watch'): (open: OpenStore) => void {
  return (open) =>
    test(`lacks ${capability}, as its harness says`, async () => {
      expect((await open())[capability]).toBeUndefined()
    })
}

function testTail(open: OpenStore): void {
  const readAll = async (store: LoopStore, query: TailQuery): Promise<StoredEntry[]> => {
    const read: StoredEntry[] = []
    for (let { after } = query; ;) {
      const page = await store.tail?.({ ...query, ...(after !== undefined && { after }) })
      if (!page) throw new Error('The store has no tail, and its harness does not say so.')
      expect(page.items.length).toBeLessThanOrEqual(query.limit ?? 100)
      read.push(...page.items.map(({ entry }) => entry))
      expect(new Set(hashesOf(read)).size, 'No entry comes twice.').toBe(read.length)
      if (page.items.length === 0) return read
      after = page.cursor
    }
  }

  test('every entry comes once, in order within its run, whatever the size of a page', async () => {
    const store = await open()
    const starts = ['a', 'b', 'c'].map((aggregateId) => startPlan({ aggregateId }))
    await store.commit(starts)
    const sealed = { text: '{"amount":5}', salt: '0'.repeat(32) }
    const nexts = starts.map(({ instance }) => nextPlan(instance, [{ sealed }, {}]))
    const foreign = startPlan({ tenant: 'other' })
    await store.commit([...nexts, foreign])
    const committed = [...starts, ...nexts].flatMap(({ entries }) => entries)

    expect(await readAll(store, { tenant: 'other' })).toEqual(foreign.entries)
    for (const limit of [1, 2, 5, 1000]) {
      const read = await readAll(store, { tenant: 'acme', limit })
      expect(read).toHaveLength(committed.length)
      for (const { instance } of starts)
        expect(read.filter(({ runId }) => runId === instance.runId)).toEqual(
          await store.entries('acme', instance.runId),
        )
    }
  })

  test('a reader can go on behind any entry, behind the last page, and from now', async () => {
    const store = await open()
    const start = startPlan()
    const next = nextPlan(start.instance, [{}, {}])
    await store.commit([start, next])
    const all = hashesOf([...start.entries, ...next.entries])
    const page = await store.tail?.({ tenant: 'acme' })
    const now = await store.tail?.({ tenant: 'acme', after: 'now' })
    for (const [place, { cursor }] of (page?.items ?? []).entries())
      expect(hashesOf(await readAll(store, { tenant: 'acme', after: cursor }))).toEqual(
        all.slice(place + 1),
      )
    const late = nextPlan(next.instance)
    await store.commit([late])

    expect(now?.items).toEqual([])
    for (const after of [page?.cursor ?? '', now?.cursor ?? ''])
      expect(hashesOf(await readAll(store, { tenant: 'acme', after }))).toEqual(
        hashesOf(late.entries),
      )
  })

  test('an unknown cursor and a page of size zero are refused', async () => {
    const store = await open()
    for (const limit of [0, -1, 1.5, 1001])
      expect(await codeOf(store.tail?.({ tenant: 'acme', limit }))).toBe('invalid_input')
    for (const after of ['', 'x', 'bnVsbA', Buffer.from('["run",1,"x"]').toString('base64url')])
      expect(await codeOf(store.tail?.({ tenant: 'acme', after }))).toBe('invalid_input')
  })
}

const hashesOf = (entries: readonly StoredEntry[]): string[] => entries.map(({ hash }) => hash)

function testWatch(openAny: OpenStore, { reopen }: StoreHarness): void {
  const open = async (): Promise<LoopStore> => {
    const store = await openAny()
    if (!store.watch) throw new Error('The store has no watch, and its harness does not say so.')
    return store
  }
  /** Opens another store on the same data. */
  const beside = async (store: LoopStore): Promise<LoopStore> => {
    const other = await (reopen ?? open)(store)
    onTestFinished(() => other.close())
    await other.open()
    return other
  }
  test('a commit of another store is reported, with whether it put items into the outbox', async () => {
    const store = await open()
    const other = await beside(store)
    const heard: StoreChange[] = []
    let hear = Promise.withResolvers<void>()
    const unwatch = await store.watch?.((change) => {
      heard.push(change)
      hear.resolve()
    })
    const start = startPlan()
    await other.commit([start])
    await hear.promise
    hear = Promise.withResolvers()
    const next = nextPlan(start.instance)
    await other.commit([{ ...next, outbox: [outboxItem(next.instance)] }])
    await hear.promise
    await unwatch?.()

    expect(heard).toEqual([{ outbox: false }, { outbox: true }])
  })

  test('its own commits do not wake it', async () => {
    const store = await open()
    const other = await beside(store)
    const heard: StoreChange[] = []
    const { promise: told, resolve } = Promise.withResolvers<void>()
    const unwatch = await store.watch?.((change) => {
      heard.push(change)
      if (change.outbox) resolve()
    })
    await store.commit([startPlan({ aggregateId: 'mine' })])
    const theirs = startPlan({ aggregateId: 'theirs' })
    await other.commit([{ ...theirs, outbox: [outboxItem(theirs.instance)] }])
    await told
    await unwatch?.()

    expect(heard).toEqual([{ outbox: true }])
  })
  test('a listener that left hears nothing more, and the others go on', async () => {
    const store = await open()
    const other = await beside(store)
    const heard: StoreChange[] = []
    const { promise: told, resolve } = Promise.withResolvers<void>()
    const leave = await store.watch?.((change) => heard.push(change))
    const unwatch = await store.watch?.(() => resolve())
    await leave?.()
    await other.commit([startPlan()])
    await told
    await unwatch?.()

    expect(heard).toEqual([])
  })
}
