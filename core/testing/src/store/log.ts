import {
  sha256Hex,
  type LogHead,
  type LogLeaf,
  type LoopStore,
  type StoredEntry,
} from '@loop-engine/core'
import { describe, expect, test } from 'vitest'

import { nextPlan, startPlan } from '../plans.ts'
import type { OpenStore } from '../store-conformance.ts'

const emptyHead: LogHead = { size: 0, root: sha256Hex(''), frontier: [], note: null }

function leavesOf(entries: readonly StoredEntry[], from: number): readonly LogLeaf[] {
  return entries.map(({ runId, seq, hash }, offset) => ({
    index: from + offset,
    runId,
    seq,
    leafHash: hash,
  }))
}

function headOf(size: number): LogHead {
  return {
    size,
    root: sha256Hex(`root-${size}`),
    frontier: [sha256Hex(`left-${size}`)],
    note: null,
  }
}

/** Appends entries to the log of their tenant. */
async function append(
  store: LoopStore,
  entries: readonly StoredEntry[],
  from = 0,
): Promise<boolean> {
  const leaves = leavesOf(entries, from)
  const head = headOf(from + leaves.length)
  return store.appendLog('acme', { expectedSize: from, leaves, head })
}

/** Tests the log of a tenant, as its sequencer uses it. */
export function testStoreLog(open: OpenStore): void {
  describe('log', () => {
    test('begins as the empty tree', async () => {
      const store = await open()
      expect(await store.logHead('acme')).toEqual(emptyHead)
      expect(await store.unlogged('acme', 10)).toEqual([])
      expect(await store.leaves('acme', { from: 0, limit: 10 })).toEqual([])
    })

    test('offers every entry to the sequencer until a leaf names it', async () => {
      const store = await open()
      const start = startPlan()
      const next = nextPlan(start.instance, [{}, {}])
      await store.commit([start, next])
      const all = [...start.entries, ...next.entries]
      expect(await store.unlogged('acme', 2)).toEqual(all.slice(0, 2))
      expect(await store.unlogged('acme', 10)).toEqual(all)

      expect(await append(store, all.slice(0, 2))).toBe(true)

      const leaves = leavesOf(all.slice(0, 2), 0)
      expect(await store.unlogged('acme', 10)).toEqual(all.slice(2))
      expect(await store.logHead('acme')).toEqual(headOf(2))
      expect(await store.leaves('acme', { from: 0, limit: 10 })).toEqual(leaves)
      expect(await store.leaves('acme', { from: 1, limit: 1 })).toEqual(leaves.slice(1))

      expect(await append(store, all.slice(2), 2)).toBe(true)
      expect(await store.unlogged('acme', 10)).toEqual([])
    })

    test('never skips an entry, whatever the order in which leaves name them', async () => {
      const store = await open()
      const plans = ['a', 'b', 'c', 'd'].map((aggregateId) => startPlan({ aggregateId }))
      await store.commit(plans)
      const [a, b, c, d] = plans.flatMap(({ entries }) => entries)
      if (!a || !b || !c || !d) throw new Error('There are four entries.')

      await append(store, [d, b])
      expect(await store.unlogged('acme', 10)).toEqual([a, c])
      await append(store, [a], 2)
      expect(await store.unlogged('acme', 10)).toEqual([c])
      const late = startPlan({ aggregateId: 'late' })
      await store.commit([late])
      expect(await store.unlogged('acme', 10)).toEqual([c, ...late.entries])
    })

    test('returns the leaves of one run in the order of its entries, wherever they are in the log', async () => {
      const store = await open()
      const start = startPlan()
      const next = nextPlan(start.instance, [{}, {}])
      const other = startPlan({ aggregateId: 'order-2', runId: 'run-2' })
      await store.commit([start, next, other])
      const [one, two, three] = [...start.entries, ...next.entries]
      const [theirs] = other.entries
      if (!one || !two || !three || !theirs) throw new Error('There are four entries.')
      const { runId } = start.instance
      const ofRun = (from: number, limit: number): ReturnType<LoopStore['leavesOf']> =>
        store.leavesOf('acme', runId, { from, limit })

      await append(store, [three, theirs, one])
      const leaves = leavesOf([three, theirs, one], 0)
      expect(await ofRun(1, 10)).toEqual([leaves[2], leaves[0]])
      await append(store, [two], 3)

      const late = leavesOf([two], 3)
      expect(await ofRun(1, 10)).toEqual([leaves[2], ...late, leaves[0]])
      expect(await ofRun(2, 1)).toEqual(late)
      expect(await ofRun(4, 10)).toEqual([])
      expect(await store.leavesOf('other', runId, { from: 1, limit: 10 })).toEqual([])
      expect(await store.leavesOf('acme', 'none', { from: 1, limit: 10 })).toEqual([])
    })

    test('is appended by one sequencer at a time', async () => {
      const store = await open()
      const start = startPlan()
      await store.commit([start])
      const { entries } = start

      const answers = await Promise.all([1, 2, 3].map(() => append(store, entries)))

      expect(answers.filter(Boolean)).toHaveLength(1)
      expect(await store.leaves('acme', { from: 0, limit: 10 })).toEqual(leavesOf(entries, 0))
      expect(await append(store, entries)).toBe(false)
    })

    test('keeps the note of exactly the head that was signed', async () => {
      const store = await open()
      const start = startPlan()
      await store.commit([start])
      await append(store, start.entries)
      const { size, root } = headOf(1)

      expect(await store.signLog('acme', { size: 2, root }, 'note')).toBe(false)
      expect(await store.signLog('acme', { size, root: emptyHead.root }, 'note')).toBe(false)
      expect(await store.signLog('other', { size, root }, 'note')).toBe(false)
      expect(await store.logHead('acme')).toEqual(headOf(1))
      expect(await store.signLog('acme', { size, root }, 'note\n— key é\n')).toBe(true)
      expect(await store.logHead('acme')).toEqual({ ...headOf(1), note: 'note\n— key é\n' })
    })

    test('of a tenant without entries can be signed too, and grows from there', async () => {
      const store = await open()
      const { size, root } = emptyHead

      expect(await store.signLog('acme', { size: 1, root }, 'note')).toBe(false)
      expect(await store.logHead('acme')).toEqual(emptyHead)
      expect(await store.signLog('acme', { size, root }, 'note of nothing')).toBe(true)
      expect(await store.logHead('acme')).toEqual({ ...emptyHead, note: 'note of nothing' })

      const start = startPlan()
      await store.commit([start])
      const { entries } = start
      expect(await store.unlogged('acme', 10)).toEqual(entries)
      expect(await append(store, entries)).toBe(true)
      expect(await store.logHead('acme')).toEqual(headOf(1))
    })

    test('belongs to one tenant', async () => {
      const store = await open()
      const mine = startPlan()
      const theirs = startPlan({ tenant: 'other' })
      await store.commit([mine, theirs])
      await append(store, mine.entries)

      expect(await store.logHead('other')).toEqual(emptyHead)
      expect(await store.unlogged('other', 10)).toEqual(theirs.entries)
      expect(await store.leaves('other', { from: 0, limit: 10 })).toEqual([])
    })
  })
}
