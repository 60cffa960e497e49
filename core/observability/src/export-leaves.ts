import { leafHash, rootOf } from './merkle.ts'

/** Leaves in the order of their arrival; memory grows with what has arrived, whatever the indexes claim. */
export function createLeaves() {
  const indexes: number[] = []
  let hashes = Buffer.alloc(32 * 1024)
  return {
    add(index: number, body: string): void {
      const offset = indexes.length * 32
      if (offset === hashes.length) hashes = Buffer.concat([hashes, Buffer.alloc(hashes.length)])
      hashes.write(leafHash(body), offset, 'hex')
      indexes.push(index)
    },
    /** Null unless every leaf below `size` has arrived once, and no other. */
    rootOf(size: number): string | null {
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
