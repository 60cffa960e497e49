import { LoopError, type LoopStore } from '@loop-engine/core'

import { createMerklePaths } from '../log/merkle-paths.ts'
import { leafPages } from '../pages.ts'

/** Throws `corrupt` for a log that lost its end, before anything is written. */
export async function refuseShort(store: LoopStore, tenant: string, size: number): Promise<void> {
  if (size === 0) return
  const last = await store.leaves(tenant, { from: size - 1, limit: 1 })
  if (last.length > 0) return
  throw new LoopError('corrupt', 'The log has fewer leaves than its head says.', {
    hint: 'Verify the store.',
  })
}

/** Proofs, by place in the log, that the entries of some runs are among its first `size` leaves. */
export async function proveRuns(
  store: LoopStore,
  tenant: string,
  size: number,
  runs: ReadonlySet<string>,
): Promise<ReadonlyMap<number, readonly string[]>> {
  const paths = createMerklePaths()
  for await (const page of leafPages(store, tenant, size))
    for (const { runId, leafHash } of page) paths.append(leafHash, runs.has(runId))
  return paths.inclusions()
}
