import { LoopError, type LogHead, type LoopStore } from '@loop-engine/core'

import { createMerklePaths } from '../log/merkle-paths.ts'
import { leafPages } from '../pages.ts'

/** What an export needs to know of the log. */
export interface ExportedLog {
  indexOf(runId: string, seq: number): number | null
  /** Known where entries may be missing, whose leaves then stand for them. */
  hashAt(leaf: number): string | undefined
  /** That the leaf is in the log; null where all of it is exported, and none has to prove that by itself. */
  pathOf(leaf: number): readonly string[] | null
}

/** Where each entry stands in the log; of a part only those of its runs, with their proofs. */
export async function readLog(
  store: LoopStore,
  tenant: string,
  { size }: LogHead,
  part: ReadonlySet<string> | null,
): Promise<ExportedLog> {
  const places = new Map<string, number[]>()
  const hashes: string[] = []
  const paths = createMerklePaths()
  let read = 0
  for await (const page of leafPages(store, tenant, size)) {
    read += page.length
    for (const { runId, seq, index, leafHash } of page) {
      const isWanted = part?.has(runId) ?? true
      if (part) paths.append(leafHash, isWanted)
      if (!isWanted) continue
      const run = places.get(runId) ?? []
      run[seq] = index
      places.set(runId, run)
      if (store.retention) hashes[index] = leafHash
    }
  }
  if (read < size)
    throw new LoopError('corrupt', 'The log has fewer leaves than its head says.', {
      hint: 'Verify the store.',
    })
  const proven = part && paths.inclusions()
  return {
    indexOf: (runId: string, seq: number): number | null => places.get(runId)?.[seq] ?? null,
    hashAt: (leaf: number): string | undefined => hashes[leaf],
    pathOf: (leaf: number): readonly string[] | null => proven?.get(leaf) ?? null,
  }
}
