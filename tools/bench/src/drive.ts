import type { EventSink, LoopStore } from '@loop-engine/core'
import { createLoopSystem } from '@loop-engine/sdk'

import { agent, ringLoop, smallEvidence } from './bench-loop.ts'
import type { Work } from './measure.ts'

/** Its one item in the outbox makes a commit three rows: the run, the entry and what to deliver. */
const sink: EventSink = { contract: 'sink/v1', name: 'bench', publish: async () => {} }

/** `callers` at a time over a store, each with a run of its own; nothing is delivered while it is measured. */
export async function drive(
  store: LoopStore,
  callers: number,
): Promise<{ work: Work; done(): Promise<void> }> {
  const system = await createLoopSystem({ loops: [ringLoop], store, sinks: [sink], relay: false })
  const keys = Array.from(
    { length: callers },
    (_, index) => `case-${index}-${process.hrtime.bigint()}`,
  )
  for (const aggregateId of keys)
    await system.engine.start({ loopId: ringLoop.id, aggregateId, actor: agent })
  const move = async (aggregateId: string, times: number): Promise<void> => {
    for (let done = 0; done < times; done++) {
      const result = await system.engine.transition({
        aggregateId,
        signal: 'next',
        actor: agent,
        evidence: { ...smallEvidence },
      })
      if (result.status !== 'executed') throw new Error(result.status)
    }
  }
  return {
    work: async (count) => {
      await Promise.all(keys.map((key) => move(key, Math.ceil(count / callers))))
    },
    done: () => system.close(),
  }
}

/** The texts that a transition writes, so that a baseline writes as many bytes. */
export const sizes = {
  instance: 'i'.repeat(420),
  body: 'b'.repeat(950),
  evidence: JSON.stringify(smallEvidence),
  salt: 's'.repeat(32),
}
