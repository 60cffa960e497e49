import {
  canonicalize,
  deepFreeze,
  digestOf,
  LoopError,
  readDefinition,
  sha256Hex,
  parseJson,
  type LoopDefinition,
  type LoopStore,
} from '@loop-engine/core'

import { indexLoop, type LoopIndex } from './judging/decide/loop-index.ts'

/** The definitions that a system knows: the current one of each loop, and any older one by its digest. */
export interface LoopRegistry {
  current(loopId: string): LoopIndex
  /** The definition that a run is pinned to; read from the store when this process never saw it. */
  pinned(digest: string): LoopIndex | Promise<LoopIndex>
  /** Stores a definition without making it a loop that can be started. */
  keep(definition: LoopDefinition): Promise<LoopIndex>
  /** Adds a loop that can be started; the same one again is fine, another of the same id is `already_exists`. */
  add(definition: LoopDefinition): Promise<void>
}

export async function createLoopRegistry(
  store: LoopStore,
  definitions: readonly LoopDefinition[],
): Promise<LoopRegistry> {
  const byDigest = new Map<string, LoopIndex>()
  const currentById = new Map<string, LoopIndex>()

  const keep = async (definition: LoopDefinition): Promise<LoopIndex> => {
    const text = canonicalize(definition)
    const loop = indexLoop(definition, sha256Hex(text))
    if (!byDigest.has(loop.digest)) await store.putDefinition(loop.digest, text)
    byDigest.set(loop.digest, loop)
    return loop
  }
  const given = new Map<string, LoopDefinition>()
  for (const definition of definitions) {
    if (given.has(definition.id)) {
      throw new LoopError('invalid_config', 'Two loops have the same id.', {
        details: { loopId: definition.id },
        hint: 'Register one version of each loop; older ones are kept by the store.',
      })
    }
    given.set(definition.id, definition)
  }
  for (const loop of await Promise.all([...given.values()].map(keep)))
    currentById.set(loop.definition.id, loop)

  return {
    current(loopId) {
      const loop = currentById.get(loopId)
      if (loop) return loop
      throw new LoopError('not_found', 'No loop of this id is registered.', {
        details: { loopId, known: [...currentById.keys()] },
        hint: 'Pass its definition to createLoopSystem({ loops }).',
      })
    },
    pinned(digest) {
      return byDigest.get(digest) ?? load(digest)
    },
    keep,
    async add(definition) {
      const known = currentById.get(definition.id)
      if (known && known.digest !== digestOf(definition)) throw otherDefinition(definition.id)
      const loop = known ?? (await keep(definition))
      // Another definition may have been added while this one was stored.
      const first = currentById.get(definition.id) ?? loop
      if (first.digest !== loop.digest) throw otherDefinition(definition.id)
      currentById.set(definition.id, first)
    },
  }

  async function load(digest: string): Promise<LoopIndex> {
    const text = await store.definition(digest)
    if (text === null)
      throw corrupt(digest, 'The definition that a run is pinned to is not in the store.')
    if (sha256Hex(text) !== digest)
      throw corrupt(digest, 'A stored definition does not have its digest.')
    const read = readDefinition(parseJson(text))
    if (!read.success)
      throw corrupt(digest, 'A stored definition is not one that this version reads.')
    const loop = indexLoop(deepFreeze(read.data), digest)
    byDigest.set(digest, loop)
    return loop
  }
}

function corrupt(digest: string, message: string): LoopError {
  return new LoopError('corrupt', message, { details: { digest } })
}

function otherDefinition(loopId: string): LoopError {
  return new LoopError('already_exists', 'Another definition of this loop is registered.', {
    details: { loopId },
    hint: 'Give the new one another id, or start a new system with it.',
  })
}
