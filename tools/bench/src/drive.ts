import type { EventSink, LoopStore } from '@loop-engine/core'
import { createLoopSystem, type LoopSystem, type LoopSystemOptions } from '@loop-engine/sdk'

import { agent, ringLoop, smallEvidence } from './bench-loop.ts'
import type { Work } from './measure.ts'

/** With this sink a commit writes three rows: the run, the entry and the outbox item. */
const sink: EventSink = { contract: 'sink/v1', name: 'bench', publish: async () => {} }

/** The options of every measured system. Nothing is delivered while it is measured. */
export const driven = {
  loops: [ringLoop],
  sinks: [sink],
  relay: false,
} satisfies LoopSystemOptions

export interface Driven {
  readonly work: Work
  done(): Promise<void>
}

/** Creates a system on a store, and lets `callers` at a time take transitions, each on a run of its own. */
export async function drive(store: LoopStore, callers: number): Promise<Driven> {
  const system = await createLoopSystem({ ...driven, store })
  return { work: await driveSystem(system, callers), done: () => system.close() }
}

/** Lets `callers` at a time take transitions on a system that was created with `driven`. */
export async function driveSystem(system: LoopSystem, callers: number): Promise<Work> {
  const keys = Array.from({ length: callers }, (_, index) => `case-${index}-${unique()}`)
  for (const aggregateId of keys)
    await system.engine.start({ loopId: ringLoop.id, aggregateId, actor: agent })
  return inTurns(callers, async (caller) => move(system, keys[caller] ?? '', 'next'))
}

/** Lets `callers` at a time start a run and close it by one transition, again and again. */
export async function driveRuns(store: LoopStore, callers: number): Promise<Driven> {
  const system = await createLoopSystem({ ...driven, store })
  let runs = 0
  const prefix = unique()
  return {
    work: inTurns(callers, async () => {
      const aggregateId = `case-${prefix}-${(runs += 1)}`
      await system.engine.start({ loopId: ringLoop.id, aggregateId, actor: agent })
      await move(system, aggregateId, 'close')
    }),
    done: () => system.close(),
  }
}

/** Divides the work among the callers; each does its share one operation after the other. */
export function inTurns(callers: number, once: (caller: number) => Promise<void>): Work {
  const share = async (caller: number, times: number): Promise<void> => {
    for (let done = 0; done < times; done++) await once(caller)
  }
  const all = Array.from({ length: callers }, (_, caller) => caller)
  return async (count) => {
    await Promise.all(all.map(async (caller) => share(caller, Math.ceil(count / callers))))
  }
}

async function move({ engine }: LoopSystem, aggregateId: string, signal: string): Promise<void> {
  const evidence = { ...smallEvidence }
  const result = await engine.transition({ aggregateId, signal, actor: agent, evidence })
  if (result.status !== 'executed') throw new Error(result.status)
}

function unique(): bigint {
  return process.hrtime.bigint()
}

/**
 * Texts as long as those that a transition writes, for the
 * baselines. In SQLite the instance text is shorter: it has columns.
 */
export const sizes = {
  instance: { postgres: 'i'.repeat(513), sqlite: 'i'.repeat(330) },
  body: 'b'.repeat(930),
  evidence: JSON.stringify(smallEvidence),
  salt: 's'.repeat(32),
}
