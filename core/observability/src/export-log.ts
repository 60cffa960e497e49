import { LoopError, type LogHead, type LoopStore } from '@loop-engine/core'

import { createMerkleTree, type MerkleTree } from './merkle-proof.ts'

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
  for (let from = 0; from < size;) {
    const leaves = await store.leaves(tenant, { from, limit: Math.min(1000, size - from) })
    if (leaves.length === 0)
      throw new LoopError('corrupt', 'The log has fewer leaves than its head says.', {
        hint: 'Verify the store.',
      })
    for (const { runId, seq, index, leafHash } of leaves) {
      const run = places.get(runId)
      if (run) run[seq] = index
      else places.set(runId, withFirst(seq, index))
      if (withTree || store.retention) hashes.push(leafHash)
    }
    from += leaves.length
  }
  return {
    tree: withTree ? createMerkleTree(hashes) : null,
    indexOf: (runId: string, seq: number): number | null => places.get(runId)?.[seq] ?? null,
    hashAt: (leaf: number): string | undefined => hashes[leaf],
  }
}

function withFirst(seq: number, index: number): number[] {
  const run: number[] = []
  run[seq] = index
  return run
}
