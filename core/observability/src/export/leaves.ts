import { verifyInclusion } from '../log/merkle-proof.ts'
import { rootOf } from '../log/merkle.ts'

/** The leaves of a log in an export. */
export interface Leaves {
  add(index: number, leaf: string): void
  /** Takes the proof of the leaf that was added last; false when it is of another. */
  prove(index: number, path: readonly string[]): boolean
  /** Whether the leaf that was added last still has to be proven. */
  readonly isUnproven: boolean
  /** Whether they are leaves of the log with this head. */
  fit(head: { readonly size: number; readonly root: string }): boolean
}

/** Some leaves, each followed by its proof. */
export function createProvenLeaves(): Leaves {
  const proofs: { index: number; leaf: string; path: readonly string[] }[] = []
  let unproven: { readonly index: number; readonly leaf: string } | undefined
  return {
    add(index, leaf) {
      unproven = { index, leaf }
    },
    prove(index, path) {
      if (index !== unproven?.index) return false
      proofs.push({ ...unproven, path })
      unproven = undefined
      return true
    },
    get isUnproven() {
      return unproven !== undefined
    },
    fit: ({ size, root }) =>
      proofs.every(({ index, leaf, path }) => verifyInclusion({ leaf, index, size, root }, path)),
  }
}

/** All leaves, kept in the order of their arrival, so that memory grows with what has arrived and not with forged indexes. */
export function createAllLeaves(): Leaves {
  const indexes: number[] = []
  let hashes = Buffer.alloc(32 * 1024)

  /** The leaves by index; null unless every leaf below `size` has arrived once, and no other. */
  function ordered(size: number): Buffer | null {
    if (indexes.length !== size) return null
    const leaves = Buffer.alloc(size * 32)
    const placed = new Uint8Array(size)
    for (const [arrival, index] of indexes.entries()) {
      if (index >= size || placed[index] === 1) return null
      placed[index] = 1
      hashes.copy(leaves, index * 32, arrival * 32, arrival * 32 + 32)
    }
    return leaves
  }

  return {
    add(index, leaf) {
      const offset = indexes.length * 32
      if (offset === hashes.length) hashes = Buffer.concat([hashes, Buffer.alloc(hashes.length)])
      hashes.write(leaf, offset, 'hex')
      indexes.push(index)
    },
    prove: () => false,
    isUnproven: false,
    fit({ size, root }) {
      const leaves = ordered(size)
      return leaves !== null && rootOf(leaves) === root
    },
  }
}
