import { LoopError, type LogHead, type LoopStore } from '@loop-engine/core'

import { createMerkleTree, type MerkleTree } from '../log/merkle-proof.ts'
import { leafPages } from '../pages.ts'

/** What an export needs to know of the log. */
export interface ExportedLog {
  readonly tree: MerkleTree | null
  indexOf(runId: string, seq: number): number | null
  /** Known where entries may be missing, whose leaves then stand for them. */
  hashAt(leaf: number): string | undefined
}

/** Where each entry stands in the log; with the tree, when entries must prove it one by one. */
export async function readLog(
  store: LoopStore,
  tenant: string,
  { size }: LogHead,
  withTree: boolean,
): Promise<ExportedLog> {
  const places = new Map<string, number[]>()
  const hashes: string[] = []
  let read = 0
  for await (const page of leafPages(store, tenant, size)) {
    read += page.length
    for (const { runId, seq, index, leafHash } of page) {
      const run = places.get(runId) ?? []
      run[seq] = index
      places.set(runId, run)
      if (withTree || store.retention) hashes.push(leafHash)
    }
  }
  if (read < size)
    throw new LoopError('corrupt', 'The log has fewer leaves than its head says.', {
      hint: 'Verify the store.',
    })
  return {
    tree: withTree ? createMerkleTree(hashes) : null,
    indexOf: (runId: string, seq: number): number | null => places.get(runId)?.[seq] ?? null,
    hashAt: (leaf: number): string | undefined => hashes[leaf],
  }
}
