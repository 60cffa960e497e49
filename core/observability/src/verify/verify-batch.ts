import { setImmediate as nextTurn } from 'node:timers/promises'

import { allEnded, type LoopInstance, type LoopStore } from '@loop-engine/core'

import { definitionsOf } from './checks/definitions.ts'
import { verifyStored, type StoredRunReport } from './verify-stored-run.ts'

export type Batch = readonly LoopInstance[]
export type VerifyBatch = (batch: Batch) => Promise<readonly StoredRunReport[]>

/** A store behind a network answers so many questions in hardly more than the time of one. */
const atOnce = 8

/** Verifies runs, each as it is stored. Exported by the package because the program of a thread that helps imports it. */
export function createVerifyBatch(store: LoopStore, deep: boolean): VerifyBatch {
  const definitions = deep ? definitionsOf(store) : undefined
  return async (batch) => {
    const reports: StoredRunReport[] = []
    for (let from = 0; from < batch.length; from += atOnce) {
      const some = batch.slice(from, from + atOnce)
      reports.push(...(await allEnded(some.map((run) => verifyStored(store, run, definitions)))))
    }
    // Runs of one page each would never let anybody else have a turn, nor hear of a thread that has finished.
    await nextTurn()
    return reports
  }
}
