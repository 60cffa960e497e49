import { hash } from 'node:crypto'

import { LoopError, sha256Hex } from '@loop-engine/core'

/** Merkle trees as RFC 6962 and RFC 9162 hash them. Hashes are lowercase hex wherever they leave this file. */

/** SHA-256(0x00 ‖ body). */
export function leafHash(body: string): string {
  return sha256Hex(`\0${body}`)
}

/** SHA-256(0x01 ‖ left ‖ right). */
export function nodeHash(left: string, right: string): string {
  return join(fromHex(left), fromHex(right)).toString('hex')
}

/** The root of the tree without leaves. */
export const emptyRoot = sha256Hex('')

/** The complete subtrees of a growing tree: enough to append and to know the root, whatever the size. */
export interface Frontier {
  /** Leaves. */
  readonly size: number
  append(leaf: string): void
  root(): string
  /** Largest subtree first. */
  hashes(): readonly string[]
}

export function createFrontier(
  start: { readonly size: number; readonly frontier: readonly string[] } = {
    size: 0,
    frontier: [],
  },
): Frontier {
  let { size } = start
  if (start.frontier.length !== countOnes(size) || !start.frontier.every(isHash))
    throw new LoopError('corrupt', 'The frontier of a log does not fit its size.')
  const subtrees = start.frontier.map(fromHex)
  return {
    get size() {
      return size
    },
    append(leaf) {
      let subtree = fromHex(leaf)
      for (let rest = size; rest % 2 === 1; rest = (rest - 1) / 2)
        subtree = join(pop(subtrees), subtree)
      subtrees.push(subtree)
      size += 1
    },
    root() {
      const last = subtrees.at(-1)
      if (!last) return emptyRoot
      return subtrees
        .slice(0, -1)
        .reduceRight((right, left) => join(left, right), last)
        .toString('hex')
    },
    hashes: () => subtrees.map((subtree) => subtree.toString('hex')),
  }
}

/** The root of leaf hashes that lie one after another, 32 bytes each; `leaves` is overwritten. */
export function rootOf(leaves: Buffer): string {
  let count = leaves.length / 32
  if (count === 0) return emptyRoot
  while (count > 1) {
    const pairs = Math.floor(count / 2)
    for (let pair = 0; pair < pairs; pair++) {
      leaves.copy(scratch, 1, pair * 64, pair * 64 + 64)
      hash('sha256', scratch, 'buffer').copy(leaves, pair * 32)
    }
    // A last node without a partner rises unchanged.
    if (count % 2 === 1) leaves.copy(leaves, pairs * 32, (count - 1) * 32, count * 32)
    count = pairs + (count % 2)
  }
  return leaves.toString('hex', 0, 32)
}

// Hashing never yields, so one scratch space serves every call.
const scratch = Buffer.alloc(65)
scratch[0] = 1

function join(left: Uint8Array, right: Uint8Array): Buffer {
  scratch.set(left, 1)
  scratch.set(right, 33)
  return hash('sha256', scratch, 'buffer')
}

export function isHash(hex: string): boolean {
  return /^[0-9a-f]{64}$/.test(hex)
}

function fromHex(hex: string): Buffer {
  const bytes = Buffer.from(hex, 'hex')
  if (bytes.length !== 32 || hex.length !== 64)
    throw new LoopError('invalid_input', 'A hash is 64 hexadecimal digits.')
  return bytes
}

function pop(subtrees: Buffer[]): Buffer {
  const subtree = subtrees.pop()
  if (!subtree) throw new LoopError('corrupt', 'The frontier of a log does not fit its size.')
  return subtree
}

function countOnes(size: number): number {
  let ones = 0
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) ones += rest % 2
  return ones
}
