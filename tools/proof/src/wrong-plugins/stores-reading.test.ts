import type { LoopStore, StoredEntry } from '@loop-engine/core'
import { storeConformance, type StoreHarness } from '@loop-engine/testing'

import { suiteJudges } from './suite-judges.ts'
import { storeWith } from './wrong-store.ts'

const readingEntries = (change: (entries: readonly StoredEntry[]) => readonly StoredEntry[]) =>
  storeWith((inner) => ({
    entries: async (...range) => change(await inner.entries(...range)),
  }))
/** Entries of a range of which something is not heard. */
const ranging = (change: (range: { from?: number; to?: number; limit?: number }) => object) =>
  storeWith((inner) => ({
    entries: (tenant, runId, range = {}) =>
      inner.entries(tenant, runId, { ...range, ...change(range) }),
  }))
/** A store that takes one tenant for another in some reads. */
const mixingUp = (...names: (keyof LoopStore)[]): StoreHarness =>
  storeWith((inner) =>
    Object.fromEntries(
      names.map((name) => [
        name,
        async (tenant: string, ...rest: unknown[]) => {
          const read = inner[name] as (...given: unknown[]) => Promise<unknown>
          return (await read('acme', ...rest)) ?? read(tenant, ...rest)
        },
      ]),
    ),
  )

await suiteJudges(storeConformance, storeWith(), {
  'has another contract': storeWith(() => ({ contract: 'store/v2' as 'store/v1' })),
  'has no name': storeWith(() => ({ name: '' })),
  'has a durability of its own': storeWith(() => ({ durability: 'eternal' as 'power' })),
  'says that it outlives power failures': storeWith(() => ({ durability: 'power' })),
  'has a capability that its harness names as missing': storeWith(() => ({
    tail: async () => ({ items: [], cursor: '' }),
  })),
  'lacks a capability that its harness does not name': { ...storeWith(), without: [] },
  'opens once': storeWith((inner) => {
    let opened = 0
    return {
      async open() {
        if (++opened > 1) throw new Error('It is open.')
        await inner.open()
      },
    }
  }),
  'closes once': storeWith((inner) => {
    let closed = 0
    return {
      async close() {
        if (++closed === 2) throw new Error('It is closed.')
        await inner.close()
      },
    }
  }),
  'answers after it was closed': storeWith(() => ({ stops: async () => [] })),
  'finds the newest run, not the open one': storeWith((inner) => ({
    async get(tenant, aggregateId) {
      const { items } = await inner.find({ tenant, aggregateId })
      return items.at(-1) ?? null
    },
  })),
  'finds no run that is over': storeWith((inner) => ({
    async get(tenant, aggregateId) {
      const run = await inner.get(tenant, aggregateId)
      return run?.status === 'active' || run?.status === 'suspended' ? run : null
    },
  })),
  'answers reads from before': storeWith((inner) => {
    const known = new Map<string, Awaited<ReturnType<LoopStore['get']>>>()
    return {
      async get(tenant, aggregateId) {
        const name = JSON.stringify([tenant, aggregateId])
        const run = known.get(name) ?? (await inner.get(tenant, aggregateId))
        if (run) known.set(name, run)
        return run
      },
    }
  }),
  'does not look at the tenant of a run': mixingUp('getRun'),
  'does not look at the tenant of a key': mixingUp('idempotency'),
  'does not look at the tenant of a receipt': mixingUp('spentBy'),
  'does not look at the tenant of a counter': storeWith((inner) => ({
    counter: (_, ...rest) => inner.counter('acme', ...rest),
  })),
  'does not look at the tenant of an approval': mixingUp('approval'),
  'reads the newest entries first': readingEntries((entries) => entries.toReversed()),
  'writes entries anew': readingEntries((entries) =>
    entries.map((entry) => ({ ...entry, body: JSON.stringify(JSON.parse(entry.body), null, 1) })),
  ),
  'cuts long texts': readingEntries((entries) =>
    entries.map((entry) => ({ ...entry, evidence: entry.evidence?.slice(0, 65_535) ?? null })),
  ),
  'normalises texts': readingEntries((entries) =>
    entries.map((entry) => ({ ...entry, body: entry.body.normalize('NFD') })),
  ),
  'reads from the first entry': ranging(() => ({ from: 1 })),
  'reads to the last entry': ranging(() => ({ to: undefined })),
  'reads as many entries as there are': ranging(() => ({ limit: undefined })),
  'reads fewer entries when not told how many': ranging(({ limit = 100 }) => ({ limit })),
  'reads more entries when not told how many': ranging(({ limit = 10_000 }) => ({ limit })),
  'takes what was blocked for executed': storeWith((inner) => ({
    async lastExecuted(tenant, runId, transitionId) {
      const entries = await inner.entries(tenant, runId)
      return entries.findLast((entry) => entry.transitionId === transitionId) ?? null
    },
  })),
  'finds the first execution': storeWith((inner) => ({
    async lastExecuted(tenant, runId, transitionId) {
      const entries = await inner.entries(tenant, runId)
      const isIt = ({ type, ...entry }: StoredEntry): boolean =>
        type === 'loop.transition.executed' && entry.transitionId === transitionId
      return entries.find(isIt) ?? null
    },
  })),
  'keeps one definition': storeWith((inner) => ({
    putDefinition: (_, text) => inner.putDefinition('d', text),
    definition: () => inner.definition('d'),
  })),
  'forgets keys too early': storeWith((inner) => ({ prune: (before) => inner.prune(before + 1) })),
  'forgets nothing': storeWith(() => ({ prune: async () => 0 })),
  'does not say how much it forgot': storeWith((inner) => ({
    async prune(before) {
      await inner.prune(before)
      return 0
    },
  })),
})
