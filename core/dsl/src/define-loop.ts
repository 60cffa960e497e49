import { digestOf, type DefinitionProblem, type LoopDefinition } from '@loop-engine/core'

import type { LoopInput } from './input-schema.ts'
import { normalise, type Normalised } from './normalise.ts'
import { definitionError } from './problems.ts'
import { validateLoop, type ValidateOptions } from './validate.ts'
import { fits, maxBytes } from './yaml-source.ts'

/**
 * Turns a plain object into a canonical, deeply frozen definition.
 * Throws `invalid_definition` with every problem in `details.problems`.
 */
export function defineLoop(input: LoopInput, options: ValidateOptions = {}): LoopDefinition {
  const { definition, problems } = judgeLoop(input, options)
  if (definition && problems.length === 0) return definition
  throw definitionError(problems)
}

/** Reads a definition as far as the input allows, and returns it with every problem that was found. */
export function judgeLoop(input: unknown, options: ValidateOptions): Normalised {
  const { definition, problems } = normalise(input)
  if (!definition) return { definition, problems }
  // A field that could not be read is reported once: `validateLoop` has only a stand-in for it. A field in two
  // spellings could be read, so both checks report on it.
  const unread = problems.filter(({ code }) => code !== 'conflicting_spelling')
  const refused = new Set(unread.map(({ path }) => path))
  const isRefused = (path: string): boolean =>
    refused.has(path) || (path !== '' && isRefused(path.slice(0, path.lastIndexOf('/'))))
  const more = validateLoop(definition, options).filter(({ path }) => !isRefused(path))
  return { definition, problems: [...problems, ...sizeProblems(definition, problems), ...more] }
}

/**
 * Refuses a definition that is too large for `parseLoop`: once written, it could not be read again. With other problems
 * the size is not checked, because the definition may not be JSON.
 */
function sizeProblems(
  definition: LoopDefinition,
  problems: readonly DefinitionProblem[],
): DefinitionProblem[] {
  if (problems.length > 0 || fits(JSON.stringify(definition))) return []
  const message = `The definition is larger than ${maxBytes / 1024} KiB, or has too many parts.`
  return [{ code: 'too_large', path: '', message }]
}

/** Returns the SHA-256 of the canonical JSON of a definition. An instance is pinned to it. */
export function definitionDigest(definition: LoopDefinition): string {
  return digestOf(definition)
}
