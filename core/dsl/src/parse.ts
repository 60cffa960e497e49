import {
  isLoopError,
  LoopError,
  parseStrictJson,
  type DefinitionProblem,
  type LoopDefinition,
} from '@loop-engine/core'

import { judgeLoop } from './define-loop.ts'
import { checkFormat, type LoopFormat } from './loop-format.ts'
import { definitionError } from './problems.ts'
import type { ValidateOptions } from './validate.ts'
import { maxBytes, readYaml, type Source } from './yaml-source.ts'

export interface ParseOptions extends ValidateOptions {
  /** By the name of the file when absent; else YAML, of which JSON is a part. */
  readonly format?: LoopFormat
  /** Named in messages; never opened. */
  readonly file?: string
}

/**
 * Reads a loop from YAML or JSON into its canonical, deeply frozen form.
 *
 * Throws `invalid_definition` with every problem in `details.problems`, each with its line and column.
 */
export function parseLoop(text: string, options: ParseOptions = {}): LoopDefinition {
  const { file, format = file?.endsWith('.json') ? 'json' : 'yaml' } = options
  checkFormat(format)
  if (typeof text !== 'string') throw new LoopError('invalid_input', 'A loop is read from text.')
  // A character has at least one byte, so most of what is too large is refused without counting.
  if (text.length > maxBytes || Buffer.byteLength(text) > maxBytes) {
    const message = `The text is larger than ${maxBytes / 1024} KiB.`
    throw definitionError([{ code: 'too_large', path: '', message, line: 1, column: 1 }], file)
  }

  // A byte order mark is no part of a definition; the YAML reader skips it by itself.
  const source = format === 'json' ? readJson(text.replace(/^\uFEFF/, '')) : readYaml(text)
  if (source.value === undefined) throw definitionError(source.problems, file)
  const { definition, problems } = judgeLoop(source.value, options)
  if (definition && problems.length + source.problems.length === 0) return definition
  // What is wrong with the text comes first: the rest may follow from it.
  const ofText = new Set(source.problems.map(({ path }) => path))
  const ofLoop = problems
    .filter(({ path }) => !ofText.has(path))
    .map((problem) => ({ ...problem, ...source.locate(problem.path, anchorOf(problem)) }))
    .toSorted((one, other) => one.line - other.line || one.column - other.column)
  throw definitionError([...source.problems, ...ofLoop], file)
}

function anchorOf({ code }: DefinitionProblem): 'key' | 'value' {
  return ['unknown_key', 'conflicting_spelling', 'missing_field'].includes(code) ? 'key' : 'value'
}

/** JSON by the strict parser; the YAML reader, which knows the lines, finds its places and its depth. */
function readJson(text: string): Source {
  const source = readYaml(text)
  const isTooMuch = source.problems.some(({ code }) => code === 'too_deep' || code === 'too_large')
  if (isTooMuch) return source
  try {
    const value = parseStrictJson(text, { maxBytes, maxDepth: 64 })
    return { ...source, value: withVersion(value, source.value), problems: [] }
  } catch (error) {
    if (!isLoopError(error)) throw error
    const { path = '', hint, details } = error
    // The position is told apart from the message, as with every other problem.
    const message = error.message.replace(/^Line \d+, column \d+: /, '')
    const { line = 1, column = 1 } = (details ?? {}) as { line?: number; column?: number }
    const problem = { code: 'syntax', path, message, hint, line, column }
    const twice = source.problems.filter(({ code }) => code === 'duplicate_key')
    // Only where a key stands twice is it known what the rest is.
    if (!twice.some((one) => one.path === path))
      return { ...source, value: undefined, problems: [problem] }
    const others = twice.filter((one) => one.path !== path)
    return { ...source, problems: [problem, ...others.map((one) => ({ ...one, code: 'syntax' }))] }
  }
}

/** The version as it is written, which YAML keeps: as a number of JSON 1.10 would be 1.1. */
function withVersion(value: unknown, read: unknown): unknown {
  const { version } = (value ?? {}) as { readonly version?: unknown }
  if (typeof version !== 'number') return value
  const { version: written = version } = (read ?? {}) as { readonly version?: unknown }
  return { ...(value as object), version: written }
}
