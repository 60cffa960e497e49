import type { LoopInstance, LoopStore } from '@loop-engine/core'

import { definitionsOf } from './definitions.ts'
import { verifyStored, type StoredRunReport } from './verify-stored-run.ts'

/** Runs to verify in one go. */
export type Batch = readonly LoopInstance[]
export type VerifyBatch = (batch: Batch) => Promise<readonly StoredRunReport[]>

/** Verifies runs one after the other, each as it is stored. Also what a thread that helps does. */
export async function verifyBatch(
  store: LoopStore,
  batch: Batch,
  deep: boolean,
): Promise<readonly StoredRunReport[]> {
  const definitions = deep ? definitionsOf(store) : undefined
  const reports: StoredRunReport[] = []
  for (const instance of batch) reports.push(await verifyStored(store, instance, definitions))
  return reports
}
