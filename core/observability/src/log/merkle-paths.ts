import { nodeHash } from './merkle.ts'

/** Proves some leaves of a tree that is read once: memory grows with what is proven, not with the tree. */
interface MerklePaths {
  append(leaf: string, isProven: boolean): void
  /** The inclusion proofs by index. Nothing may be appended after this. */
  inclusions(): ReadonlyMap<number, readonly string[]>
}

/** A complete subtree, and how far the paths of its leaves have come. */
interface Subtree {
  readonly hash: string
  readonly paths: readonly string[][]
}

export function createMerklePaths(): MerklePaths {
  const found = new Map<number, string[]>()
  const subtrees: Subtree[] = []
  let size = 0
  return {
    append(leaf, isProven) {
      const paths: string[][] = isProven ? [[]] : []
      for (const path of paths) found.set(size, path)
      subtrees.push({ hash: leaf, paths })
      for (let rest = size; rest % 2 === 1; rest = (rest - 1) / 2) joinLast(subtrees)
      size += 1
    },
    inclusions() {
      while (subtrees.length > 1) joinLast(subtrees)
      return found
    },
  }
}

/** Joins the last two subtrees: the hash of each becomes a step of the proofs of the other. */
function joinLast(subtrees: Subtree[]): void {
  const [left, right] = subtrees.splice(-2)
  if (!left || !right) return
  for (const path of left.paths) path.push(right.hash)
  for (const path of right.paths) path.push(left.hash)
  const paths = right.paths.length === 0 ? left.paths : [...left.paths, ...right.paths]
  subtrees.push({ hash: nodeHash(left.hash, right.hash), paths })
}
