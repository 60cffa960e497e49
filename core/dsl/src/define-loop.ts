import { digestOf, type DefinitionProblem, type LoopDefinition } from '@loop-engine/core'

import type { LoopInput } from './input-schema.ts'
import { normalise, type Normalised } from './normalise.ts'
import { definitionError } from './problems.ts'
import { validateLoop, type ValidateOptions } from './validate.ts'
import { fits, maxBytes } from './yaml-source.ts'

/** Makes a canonical, deeply frozen definition of a plain object. Throws `invalid_definition` with every problem. */
export function defineLoop(input: LoopInput, options: ValidateOptions = {}): LoopDefinition {
  const { definition, problems } = judgeLoop(input, options)
  if (definition && problems.length === 0) return definition
  throw definitionError(problems)
}

/** The definition that an input spells, as far as one could be read, and everything that is wrong with it. */
export function judgeLoop(input: unknown, options: ValidateOptions): Normalised {
  const { definition, problems } = normalise(input)
  if (!definition) return { definition, problems }
  // Of what could not be read it is not said as well that it does not fit. What was said twice could be read.
  const unread = problems.filter(({ code }) => code !== 'conflicting_spelling')
  const refused = new Set(unread.map(({ path }) => path))
  const isRefused = (path: string): boolean =>
    refused.has(path) || (path !== '' && isRefused(path.slice(0, path.lastIndexOf('/'))))
  const more = validateLoop(definition, options).filter(({ path }) => !isRefused(path))
  return { definition, problems: [...problems, ...sizeProblems(definition, problems), ...more] }
}

/** A definition that is too large to be read again would be lost once it is written. What is no JSON has no size. */
function sizeProblems(
  definition: LoopDefinition,
  problems: readonly DefinitionProblem[],
): DefinitionProblem[] {
  if (problems.length > 0 || fits(JSON.stringify(definition))) return []
  const message = `The definition is larger than ${maxBytes / 1024} KiB, or has too many parts.`
  return [{ code: 'too_large', path: '', message }]
}

/** SHA-256 of the canonical JSON of a definition: what an instance is pinned to. */
export function definitionDigest(definition: LoopDefinition): string {
  return digestOf(definition)
}
