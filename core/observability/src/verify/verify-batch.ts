import { setImmediate as nextTurn } from 'node:timers/promises'

import { allEnded, type LoopInstance, type LoopStore } from '@loop-engine/core'

import { definitionsOf } from './checks/definitions.ts'
import { verifyStored, type StoredRunReport } from './verify-stored-run.ts'

export type Batch = readonly LoopInstance[]
export type VerifyBatch = (batch: Batch) => Promise<readonly StoredRunReport[]>

/** A store behind a network answers this many questions in hardly more time than one. */
const atOnce = 8

/** Verifies runs, each as it is stored. The package exports this because the threads that help import it. */
export function createVerifyBatch(store: LoopStore, deep: boolean): VerifyBatch {
  const definitions = deep ? definitionsOf(store) : undefined
  return async (batch) => {
    const reports: StoredRunReport[] = []
    for (let from = 0; from < batch.length; from += atOnce) {
      const some = batch.slice(from, from + atOnce)
      reports.push(...(await allEnded(some.map((run) => verifyStored(store, run, definitions)))))
    }
    // Short runs never yield to the event loop by themselves, which would block timers and the messages of threads.
    await nextTurn()
    return reports
  }
}
