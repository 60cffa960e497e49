import type { LoopStore } from '@loop-engine/core'
import { createSqliteStore } from '@loop-engine/integration-sqlite'
import { createLoopSystem, createMemoryStore } from '@loop-engine/sdk'
import { createActor } from 'xstate'

import { agent, ringLoop } from '../bench-loop.ts'
import type { Figure, Suite } from '../figure.ts'
import { ringMachine } from '../ring-machine.ts'
import { temporaryFile } from '../temporary.ts'

/** Measures the memory of an open run that nobody touches. */
export const footprint: Suite = async ({ quick }) => {
  const count = quick ? 500 : 10_000
  const baseline = await bytesEach(count, async () =>
    Array.from({ length: count }, () => createActor(ringMachine).start()),
  )
  const stores: readonly [string, () => LoopStore, string][] = [
    [
      'open run over a durable store',
      () => createSqliteStore({ path: temporaryFile(), durability: 'process' }),
      'all in the cache of the engine',
    ],
    ['open run in the memory store', createMemoryStore, 'with its ledger of one entry'],
  ]
  const figures: Figure[] = []
  for (const [name, create, conditions] of stores) {
    const system = await createLoopSystem({
      loops: [ringLoop],
      store: create(),
      relay: false,
      limits: { maxCachedInstances: count },
    })
    const ours = await bytesEach(count, async () => {
      for (let index = 0; index < count; index++) {
        await system.engine.start({
          loopId: ringLoop.id,
          aggregateId: `case-${index}`,
          actor: agent,
        })
      }
      return system
    })
    await system.close()
    figures.push({
      name,
      ours,
      baseline,
      unit: 'bytes',
      against: 'a started XState actor',
      target: { atMost: 0.15 },
      conditions: `${count} runs, ${conditions}`,
    })
  }
  return figures
}

async function bytesEach(count: number, make: () => Promise<unknown>): Promise<number> {
  const before = await settledHeap()
  const made = await make()
  const after = await settledHeap()
  // Used after the measurement, so that it is not collected before.
  if (made === undefined) throw new Error('Nothing was made.')
  return (after - before) / count
}

async function settledHeap(): Promise<number> {
  for (let turn = 0; turn < 3; turn++) {
    await new Promise(setImmediate)
    globalThis.gc?.()
  }
  return process.memoryUsage().heapUsed
}
