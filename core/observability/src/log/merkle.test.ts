import { sha256Hex } from '@loop-engine/core'
import { describe, expect, test } from 'vitest'

import {
  createFrontier,
  createMerkleTree,
  emptyRoot,
  rootOf,
  verifyConsistency,
  verifyInclusion,
} from '../index.ts'

// The tree that Certificate Transparency publishes for RFC 6962.
const published = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
]
const roots = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
]
const leaves = published.map((hex) => sha256Hex(Buffer.from(`00${hex}`, 'hex')))
const many = Array.from({ length: 70 }, (_, index) => sha256Hex(`leaf ${index}`))

describe('a Merkle tree', () => {
  test('has the published roots, however it is computed', () => {
    const frontier = createFrontier()
    const tree = createMerkleTree(leaves)
    for (const [size, root] of roots.entries()) {
      expect(frontier.root()).toBe(root)
      expect(tree.root(size)).toBe(root)
      expect(rootOf(Buffer.from(leaves.slice(0, size).join(''), 'hex'))).toBe(root)
      const leaf = leaves[size]
      if (leaf) frontier.append(leaf)
    }
    expect(emptyRoot).toBe(roots[0])
  })

  test('has the published proofs', () => {
    const tree = createMerkleTree(leaves)
    expect(tree.inclusion(0, 8)).toEqual([
      '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
    ])
    expect(tree.consistency(6, 8)).toEqual([
      '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ])
  })

  test('goes on growing from a frontier that was kept', () => {
    const tree = createMerkleTree(many)
    const before = createFrontier()
    for (const [index, leaf] of many.entries()) {
      const after = createFrontier({ size: before.size, frontier: before.hashes() })
      before.append(leaf)
      after.append(leaf)
      expect(after.root()).toBe(tree.root(index + 1))
    }
  })

  test('proves every leaf at every size, and nothing else', () => {
    const tree = createMerkleTree(many.slice(0, 20))
    for (let size = 1; size <= 20; size++) {
      for (let index = 0; index < size; index++) {
        const claim = { leaf: many[index] ?? '', index, size, root: tree.root(size) }
        const path = tree.inclusion(index, size)
        expect(verifyInclusion(claim, path)).toBe(true)
        expect(verifyInclusion({ ...claim, leaf: many[20] ?? '' }, path)).toBe(false)
        expect(verifyInclusion({ ...claim, index: size }, path)).toBe(false)
        expect(verifyInclusion(claim, [...path, claim.root])).toBe(false)
        expect(verifyInclusion(claim, path.slice(1))).toBe(path.length === 0)
      }
    }
  })

  test('proves that every size continues every smaller one, and no other root does', () => {
    const tree = createMerkleTree(many)
    for (let now = 1; now <= many.length; now++) {
      for (let old = 0; old <= now; old++) {
        const path = tree.consistency(old, now)
        const [before, after] = [old, now].map((size) => ({ size, root: tree.root(size) }))
        if (!before || !after) throw new Error('There are two heads.')
        expect(verifyConsistency(before, after, path)).toBe(true)
        expect(verifyConsistency({ ...before, root: sha256Hex('other') }, after, path)).toBe(false)
        // The empty tree is the beginning of any.
        expect(verifyConsistency(before, { ...after, root: sha256Hex('other') }, path)).toBe(
          old === 0,
        )
      }
    }
  })

  test('refuses what it does not have', () => {
    const tree = createMerkleTree(leaves)
    expect(() => tree.inclusion(8)).toThrow(expect.objectContaining({ code: 'invalid_input' }))
    expect(() => tree.root(9)).toThrow(expect.objectContaining({ code: 'invalid_input' }))
    for (const frontier of [[], ['x']])
      expect(() => createFrontier({ size: 1, frontier })).toThrow(
        expect.objectContaining({ code: 'corrupt' }),
      )
  })
})
