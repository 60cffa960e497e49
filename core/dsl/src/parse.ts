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
  /** By default `json` for a `file` that ends in `.json`, else `yaml`, which can read JSON too. */
  readonly format?: LoopFormat
  /** The name of the file, for messages; it is not opened. */
  readonly file?: string
}

/**
 * Reads a loop from YAML or JSON into its canonical, deeply frozen form.
 *
 * Throws `invalid_definition` with every problem in `details.problems`, each with its line and column, and
 * `invalid_input` for an unknown format.
 */
export function parseLoop(text: string, options: ParseOptions = {}): LoopDefinition {
  const { file, format = file?.endsWith('.json') ? 'json' : 'yaml' } = options
  checkFormat(format)
  if (typeof text !== 'string')
    throw new LoopError('invalid_input', 'parseLoop takes the text of a loop.', {
      hint: 'For an object, call defineLoop.',
    })
  // A character has at least one byte, so most texts that are too large are refused without counting bytes.
  if (text.length > maxBytes || Buffer.byteLength(text) > maxBytes) {
    const message = `The text is larger than ${maxBytes / 1024} KiB.`
    throw definitionError([{ code: 'too_large', path: '', message, line: 1, column: 1 }], file)
  }

  // A byte order mark is not part of a definition; the YAML reader skips it by itself.
  const source = format === 'json' ? readJson(text.replace(/^\uFEFF/, '')) : readYaml(text)
  if (source.value === undefined) throw definitionError(source.problems, file)
  const { definition, problems } = judgeLoop(source.value, options)
  if (definition && problems.length + source.problems.length === 0) return definition
  // Problems of the text come first, because they may cause the others.
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

/** Reads the value with the strict JSON parser; the YAML reader adds lines and columns, and bounds the depth. */
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
    // A problem has its position in fields of its own, so it is taken out of the message.
    const message = error.message.replace(/^Line \d+, column \d+: /, '')
    const { line = 1, column = 1 } = (details ?? {}) as { line?: number; column?: number }
    const problem = { code: 'syntax', path, message, hint, line, column }
    const twice = source.problems.filter(({ code }) => code === 'duplicate_key')
    // After a duplicate key the rest is still readable, so it is checked too; after any other error it is not.
    if (!twice.some((one) => one.path === path))
      return { ...source, value: undefined, problems: [problem] }
    const others = twice.filter((one) => one.path !== path)
    return { ...source, problems: [problem, ...others.map((one) => ({ ...one, code: 'syntax' }))] }
  }
}

/** Keeps the version as it is written, which the YAML reader knows: as a JSON number, 1.10 would become 1.1. */
function withVersion(value: unknown, read: unknown): unknown {
  const { version } = (value ?? {}) as { readonly version?: unknown }
  if (typeof version !== 'number') return value
  const { version: written = version } = (read ?? {}) as { readonly version?: unknown }
  return { ...(value as object), version: written }
}
