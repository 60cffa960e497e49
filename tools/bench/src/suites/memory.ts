import { sha256Hex } from '@loop-engine/core'
import { createLoopSystem } from '@loop-engine/sdk'
import { createActor, type ActorRefFrom } from 'xstate'

import { agent, ringLoop, smallEvidence, tenFields } from '../bench-loop.ts'
import type { Figure, Suite } from '../figure.ts'
import { rates, type Contender } from '../measure.ts'
import { ringMachine, type RingEvidence } from '../ring-machine.ts'

const conditions = 'in memory, hash chain on, every record kept; two guards, six states'

/** Compares a governed transition in memory with an XState actor of an equal machine, which records nothing. */
export const memory: Suite = async ({ quick }) => {
  const pace = quick ? { rounds: 2, ms: 100, batch: 500 } : { rounds: 9, ms: 700, batch: 1000 }
  const cases = [
    { name: '80 B evidence, one instance', evidence: smallEvidence, instances: 1, atLeast: 1 },
    { name: 'ten fields, one instance', evidence: tenFields, instances: 1, atLeast: 0.8 },
    {
      name: '80 B evidence, 1,000 instances',
      evidence: smallEvidence,
      instances: 1000,
      atLeast: 1.2,
    },
  ]
  const figures: Figure[] = []
  for (const { name, evidence, instances, atLeast } of cases) {
    const { ours, baseline } = await rates(
      { ours: loopSystem(evidence, instances), baseline: xstateActors(evidence, instances) },
      pace,
    )
    figures.push({
      name,
      ours,
      baseline,
      unit: 'transitions/s',
      against: `XState actor.send, ${instances} actor(s)`,
      target: { atLeast },
      conditions,
    })
  }
  const { ours, baseline } = await rates(
    { ours: recordFloor(), baseline: xstateActors(smallEvidence, 1) },
    pace,
  )
  figures.push({
    name: 'floor: text and hashes of one record',
    ours,
    baseline,
    unit: 'records/s',
    against: 'XState actor.send, 1 actor(s)',
    target: { none: true },
    conditions:
      'what no implementation with these records can beat: JSON.stringify and two SHA-256, nothing kept',
  })
  return figures
}

/** The lower bound of a chained record: `JSON.stringify` of the record and of its evidence, and the hash of each. */
function recordFloor(): Contender {
  return {
    async prepare() {
      const system = await createLoopSystem({ loops: [ringLoop], relay: false })
      const run = { aggregateId: 'case', actor: agent }
      await system.engine.start({ loopId: ringLoop.id, ...run })
      await system.engine.transition({ ...run, signal: 'next', evidence: { ...smallEvidence } })
      const [, item] = await Array.fromAsync(system.engine.history(run))
      await system.close()
      if (!item) throw new Error('nothing was recorded')
      let { entry, hash } = item
      return {
        work(count) {
          for (let done = 0; done < count; done++) {
            const evidence = sha256Hex(JSON.stringify(smallEvidence))
            entry = { ...entry, prevHash: hash, evidence: { bytes: 77, digest: evidence } }
            hash = sha256Hex(JSON.stringify(entry))
          }
        },
      }
    },
  }
}

function loopSystem(evidence: RingEvidence, instances: number): Contender {
  return {
    async prepare() {
      const system = await createLoopSystem({ loops: [ringLoop], relay: false })
      const keys = Array.from({ length: instances }, (_, index) => `case-${index}`)
      for (const aggregateId of keys)
        await system.engine.start({ loopId: ringLoop.id, aggregateId, actor: agent })
      let at = 0
      return {
        async work(count) {
          for (let done = 0; done < count; done++) {
            const aggregateId = keys[at++ % instances] ?? ''
            const result = await system.engine.transition({
              aggregateId,
              signal: 'next',
              actor: agent,
              evidence: { ...evidence },
            })
            if (result.status !== 'executed') throw new Error(result.status)
          }
        },
        done: () => system.close(),
      }
    },
  }
}

function xstateActors(evidence: RingEvidence, instances: number): Contender {
  return {
    async prepare() {
      const actors: ActorRefFrom<typeof ringMachine>[] = Array.from({ length: instances }, () =>
        createActor(ringMachine).start(),
      )
      let at = 0
      return {
        work(count) {
          for (let done = 0; done < count; done++) {
            actors[at++ % instances]?.send({ type: 'next', evidence: { ...evidence } })
          }
        },
        done() {
          for (const actor of actors) actor.stop()
        },
      }
    },
  }
}
