import type { LoopDefinition } from '@loop-engine/core'
import { digestOf } from '@loop-engine/core'

import type { LoopInput } from './input-schema.ts'
import { normalise } from './normalise.ts'
import { definitionError } from './problems.ts'
import { validateLoop, type ValidateOptions } from './validate.ts'

/** Makes a canonical, deeply frozen definition of a plain object. Throws `invalid_definition` with every problem. */
export function defineLoop(input: LoopInput, options: ValidateOptions = {}): LoopDefinition {
  const { definition, problems } = normalise(input)
  const found = definition ? [...problems, ...validateLoop(definition, options)] : problems
  if (found.length > 0 || !definition) throw definitionError(found)
  return definition
}

/** SHA-256 of the canonical JSON of a definition: what an instance is pinned to. */
export function definitionDigest(definition: LoopDefinition): string {
  return digestOf(definition)
}
