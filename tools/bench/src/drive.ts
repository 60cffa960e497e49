import type { EventSink, LoopStore } from '@loop-engine/core'
import { createLoopSystem, type LoopSystem, type LoopSystemOptions } from '@loop-engine/sdk'

import { agent, ringLoop, smallEvidence } from './bench-loop.ts'
import type { Work } from './measure.ts'

/** Its one item in the outbox makes a commit three rows: the run, the entry and what to deliver. */
const sink: EventSink = { contract: 'sink/v1', name: 'bench', publish: async () => {} }

/** Nothing is delivered while it is measured. */
export const driven = {
  loops: [ringLoop],
  sinks: [sink],
  relay: false,
} satisfies LoopSystemOptions

export interface Driven {
  readonly work: Work
  done(): Promise<void>
}

/** `callers` at a time over a store, each with a run of its own. */
export async function drive(store: LoopStore, callers: number): Promise<Driven> {
  const system = await createLoopSystem({ ...driven, store })
  return { work: await driveSystem(system, callers), done: () => system.close() }
}

/** The same over a system that was made with `driven`. */
export async function driveSystem(system: LoopSystem, callers: number): Promise<Work> {
  const keys = Array.from({ length: callers }, (_, index) => `case-${index}-${unique()}`)
  for (const aggregateId of keys)
    await system.engine.start({ loopId: ringLoop.id, aggregateId, actor: agent })
  return inTurns(callers, async (caller) => move(system, keys[caller] ?? '', 'next'))
}

/** `callers` at a time, each of whom starts a run and closes it by one transition, again and again. */
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

/** Each caller does its share, one after the other. */
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

/** The texts that a transition writes, so that a baseline writes as many bytes; SQLite keeps columns out of the first. */
export const sizes = {
  instance: { postgres: 'i'.repeat(513), sqlite: 'i'.repeat(330) },
  body: 'b'.repeat(930),
  evidence: JSON.stringify(smallEvidence),
  salt: 's'.repeat(32),
}
