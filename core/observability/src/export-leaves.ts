import { rootOf } from './merkle.ts'

/** What an export holds of a log. */
export interface Leaves {
  add(index: number, leafHash: string): void
  /** Null unless every leaf below `size` has arrived once, and no other. */
  rootOf(size: number): string | null
}

/** Leaves in the order of their arrival; memory grows with what has arrived, whatever the indexes claim. */
export function createLeaves(): Leaves {
  const indexes: number[] = []
  let hashes = Buffer.alloc(32 * 1024)
  return {
    add(index, leafHash) {
      const offset = indexes.length * 32
      if (offset === hashes.length) hashes = Buffer.concat([hashes, Buffer.alloc(hashes.length)])
      hashes.write(leafHash, offset, 'hex')
      indexes.push(index)
    },
    rootOf(size) {
      if (indexes.length !== size) return null
      const ordered = Buffer.alloc(size * 32)
      const placed = new Uint8Array(size)
      for (const [arrival, index] of indexes.entries()) {
        if (index >= size || placed[index] === 1) return null
        placed[index] = 1
        hashes.copy(ordered, index * 32, arrival * 32, arrival * 32 + 32)
      }
      return rootOf(ordered)
    },
  }
}
