import { LoopError } from '@loop-engine/core'

import { emptyRoot, nodeHash } from './merkle.ts'

/** Makes the proofs of a log; holds two hashes for each leaf. */
export interface MerkleTree {
  readonly size: number
  root(size?: number): string
  /** Proves that the leaf at `index` is in the tree of `size`. */
  inclusion(index: number, size?: number): readonly string[]
  /** Proves that the tree of `from` leaves is the beginning of the tree of `to`. */
  consistency(from: number, to?: number): readonly string[]
}

export function createMerkleTree(leaves: readonly string[]): MerkleTree {
  const levels: string[][] = [[...leaves]]
  for (let below = levels[0]; below && below.length > 1; below = levels.at(-1))
    levels.push(pairs(below))

  /** The hash of leaves `from`..`to`; a complete, aligned subtree was computed already. */
  function range(from: number, to: number): string {
    const count = to - from
    const level = Math.log2(count)
    const known =
      Number.isInteger(level) && from % count === 0 ? levels[level]?.[from / count] : undefined
    if (known !== undefined) return known
    const split = splitOf(count)
    return nodeHash(range(from, from + split), range(from + split, to))
  }

  function path(index: number, from: number, to: number): string[] {
    if (to - from === 1) return []
    const split = from + splitOf(to - from)
    return index < split
      ? [...path(index, from, split), range(split, to)]
      : [...path(index, split, to), range(from, split)]
  }

  function subproof(old: number, from: number, to: number, complete: boolean): string[] {
    if (old === to - from) return complete ? [] : [range(from, to)]
    const split = splitOf(to - from)
    return old <= split
      ? [...subproof(old, from, from + split, complete), range(from + split, to)]
      : [...subproof(old - split, from + split, to, false), range(from, from + split)]
  }

  return {
    size: leaves.length,
    root(size = leaves.length) {
      refuseUnless(size >= 0 && size <= leaves.length)
      return size === 0 ? emptyRoot : range(0, size)
    },
    inclusion(index, size = leaves.length) {
      refuseUnless(index >= 0 && index < size && size <= leaves.length)
      return path(index, 0, size)
    },
    consistency(from, to = leaves.length) {
      refuseUnless(from >= 0 && from <= to && to <= leaves.length)
      return from === 0 ? [] : subproof(from, 0, to, true)
    },
  }
}

/** Whether `path` proves that `leaf` is number `index` of the tree (RFC 9162, 2.1.3.2). */
export function verifyInclusion(
  {
    leaf,
    index,
    size,
    root,
  }: {
    readonly leaf: string
    readonly index: number
    readonly size: number
    readonly root: string
  },
  path: readonly string[],
): boolean {
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(size) || index < 0 || index >= size)
    return false
  let hash = leaf
  const isWhole = climb(path, index, size - 1, (sibling, isLeft) => {
    hash = isLeft ? nodeHash(sibling, hash) : nodeHash(hash, sibling)
  })
  return isWhole && hash === root
}

/** Whether `path` proves that one tree is the beginning of the other (RFC 9162, 2.1.4.2). */
export function verifyConsistency(
  old: { readonly size: number; readonly root: string },
  now: { readonly size: number; readonly root: string },
  path: readonly string[],
): boolean {
  if (
    !Number.isSafeInteger(old.size) ||
    !Number.isSafeInteger(now.size) ||
    old.size < 0 ||
    old.size > now.size
  )
    return false
  if (old.size === now.size) return path.length === 0 && old.root === now.root
  if (old.size === 0) return path.length === 0 && old.root === emptyRoot
  let [place, last] = [old.size - 1, now.size - 1]
  while (place % 2 === 1) [place, last] = [half(place), half(last)]
  // The old root itself begins the proof when it is one complete subtree.
  const [first, ...rest] = place === 0 ? [old.root, ...path] : path
  if (first === undefined) return false
  let [left, right] = [first, first]
  const isWhole = climb(rest, place, last, (sibling, isLeft) => {
    if (isLeft) left = nodeHash(sibling, left)
    right = isLeft ? nodeHash(sibling, right) : nodeHash(right, sibling)
  })
  return isWhole && left === old.root && right === now.root
}

/**
 * Goes up a tree from the node at `from`, on a level that ends at `to`, and calls `meet` with each sibling. Returns whether
 * the path ends exactly at the root.
 */
function climb(
  path: readonly string[],
  from: number,
  to: number,
  meet: (sibling: string, isLeft: boolean) => void,
): boolean {
  let [place, last] = [from, to]
  for (const sibling of path) {
    if (last === 0) return false
    const isLeft = place % 2 === 1 || place === last
    meet(sibling, isLeft)
    // The last node of a level has no partner: it rises unchanged to the level where it has one.
    if (isLeft) while (place % 2 === 0 && place !== 0) [place, last] = [half(place), half(last)]
    ;[place, last] = [half(place), half(last)]
  }
  return last === 0
}

/** The next level up, without a last node that has no partner: it makes no complete subtree. */
function pairs(below: readonly string[]): string[] {
  const above: string[] = []
  for (let index = 0; index + 1 < below.length; index += 2)
    above.push(nodeHash(below[index] ?? '', below[index + 1] ?? ''))
  return above
}

/** The largest power of two below `count`. */
function splitOf(count: number): number {
  let split = 1
  while (split * 2 < count) split *= 2
  return split
}

function half(value: number): number {
  return Math.floor(value / 2)
}

function refuseUnless(fits: boolean): void {
  if (!fits) throw new LoopError('invalid_input', 'The log has no such leaf or size.')
}
