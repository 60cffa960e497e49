import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'

import { LoopError, type LoopStore } from '@loop-engine/core'
import { createSqliteStore } from '@loop-engine/integration-sqlite'
import { verifyStore, type VerifyReport } from '@loop-engine/observability'
import { createMemoryStore } from '@loop-engine/sdk'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'

import { openSystem } from './journey.ts'
import { alice, proofLoop } from './proof-loop.ts'

const folder = mkdtempSync(join(tmpdir(), 'loop-threads-'))
const store = createSqliteStore({ path: join(folder, 'loop.db'), durability: 'process' })
const runs = 6
const entriesEach = 2500

beforeAll(async () => {
  const { engine } = (await openSystem(store)).system
  await Promise.all(
    Array.from({ length: runs }, async (_, index) => {
      const run = { aggregateId: `order-${index}`, actor: alice }
      await engine.start({ loopId: proofLoop.id, ...run })
      // A refusal is on record, too.
      for (let entries = 1; entries < entriesEach; entries++)
        await engine.transition({ ...run, transitionId: 'nowhere' })
    }),
  )
})
afterAll(async () => {
  await store.close()
  rmSync(folder, { recursive: true })
})

let started: number
let warnings: string[]
beforeEach(() => {
  started = 0
  warnings = []
  const count = (): void => void (started += 1)
  const note = ({ message }: Error): void => void warnings.push(message)
  process.on('worker', count).on('warning', note)
  onTestFinished(() => void process.off('worker', count).off('warning', note))
})

/** What a report says, without how long it took. */
async function reportOf(from: LoopStore, threads: number, deep = false) {
  const { durationMs: _, ...report }: VerifyReport = await verifyStore({
    store: from,
    tenant: 'default',
    threads,
    deep,
  })
  return report
}

describe('verification of many entries', () => {
  test.each([false, true])('is shared among threads (deep: %s)', async (deep) => {
    const report = await reportOf(store, 3, deep)

    expect(report).toMatchObject({ ok: true, runs, entries: runs * entriesEach })
    expect(report).toEqual(await reportOf(store, 1, deep))
    expect(started).toBe(2)
    expect(warnings).toEqual([])
  })

  test('goes on in this thread when another one cannot open the store', async () => {
    const recipe = { module: 'file:///nowhere.mjs', create: 'createStore', options: {} }

    expect(await reportOf({ ...store, recipe }, 2)).toEqual(await reportOf(store, 1))
    expect(started).toBe(1)
    expect(warnings).toEqual([expect.stringContaining('nowhere.mjs')])
  })

  test('reports faults in the order of the runs, whichever thread found them', async () => {
    const told: number[] = []
    const tampered: LoopStore = {
      ...store,
      find: async (query) => {
        const page = await store.find(query)
        return { ...page, items: page.items.map((run) => ({ ...run, transitions: 7 })) }
      },
    }

    const { faults, first } = await verifyStore({
      store: tampered,
      tenant: 'default',
      threads: 3,
      onProgress: (done) => told.push(done.runs),
    })

    const { items } = await store.find({ tenant: 'default' })
    expect(faults.map(({ runId }) => runId)).toEqual(items.map(({ runId }) => runId))
    expect(first?.runId).toBe(items[0]?.runId)
    expect(told).toEqual([1, 2, 3, 4, 5, 6])
    expect(started).toBe(2)
  })

  test('goes on in this thread when another one exits without a result', async () => {
    const module = `data:text/javascript,export const createStore = () => process.exit(0)`
    const recipe = { module, create: 'createStore', options: {} }

    expect(await reportOf({ ...store, recipe }, 2)).toEqual(await reportOf(store, 1))
    expect(warnings).toEqual([expect.stringContaining('exit 0')])
  })

  test('that fails reports the error, and no thread goes on', async () => {
    const { items } = await store.find({ tenant: 'default' })
    let reads = 0
    const failing: LoopStore = {
      ...store,
      // A run that is verified beside the one that fails is slower.
      async entries(tenant, runId, range) {
        if (runId === items[1]?.runId) throw new LoopError('unavailable', 'The disk is gone.')
        reads += 1
        await nextTurn()
        return store.entries(tenant, runId, range)
      },
    }

    await expect(reportOf(failing, 3)).rejects.toThrow('The disk is gone.')
    const before = reads
    expect(before).toBeGreaterThan(1)
    await reportOf(store, 1)
    expect(reads).toBe(before)
    expect(warnings).toEqual([])
  })

  test('ends when onProgress throws', async () => {
    let told = 0
    const verified = verifyStore({
      store,
      tenant: 'default',
      threads: 3,
      onProgress() {
        told += 1
        throw new Error('Enough.')
      },
    })

    await expect(verified).rejects.toThrow('Enough.')
    expect(told).toBe(1)
  })
})

test('verification of many short runs yields to other work', async () => {
  const short = createMemoryStore()
  const { engine } = (await openSystem(short)).system
  for (let run = 0; run < 9000; run++)
    await engine.start({ loopId: proofLoop.id, aggregateId: `order-${run}`, actor: alice })
  let turns = 0
  let isDone = false
  const count = (): void => {
    turns += 1
    if (!isDone) setImmediate(count)
  }
  setImmediate(count)

  const report = await reportOf(short, 1)
  isDone = true

  expect(report).toMatchObject({ ok: true, runs: 9000 })
  expect(turns).toBeGreaterThanOrEqual(2)
})
