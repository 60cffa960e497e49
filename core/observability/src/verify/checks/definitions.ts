import {
  parseStrictJson,
  readDefinition,
  sha256Hex,
  type LoopDefinition,
  type LoopStore,
} from '@loop-engine/core'

import type { FindDefinition } from './run-check.ts'

/** The definitions that a store keeps, each only under the digest that it really has. */
export function definitionsOf(store: Pick<LoopStore, 'definition'>): FindDefinition {
  const known = new Map<string, LoopDefinition | null>()
  return async (digest) => {
    const before = known.get(digest)
    if (before !== undefined) return before
    const definition = openDefinition(await store.definition(digest), digest)
    known.set(digest, definition)
    return definition
  }
}

/** The definition of a text that has this digest; null for any other. */
export function openDefinition(text: string | null, digest: string): LoopDefinition | null {
  if (text === null || sha256Hex(text) !== digest) return null
  const read = readDefinition(parseStrictJson(text))
  return read.success ? read.data : null
}
