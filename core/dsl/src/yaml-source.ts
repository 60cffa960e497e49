import type { DefinitionProblem } from '@loop-engine/core'
import type * as Yaml from 'yaml'

import { loadYaml } from './load.ts'
import { pointer, segmentsOf } from './problems.ts'
import { spellingsOf } from './spellings.ts'

export const maxBytes = 256 * 1024
const maxDepth = 64
/** The parser's stack also holds the document and the scalar that it reads. */
const extraLevels = 2
/** The largest legitimate definition has about half as many; only a hostile text has more. */
const maxLexemes = 120_000
const maxSyntaxProblems = 20

/** The offsets of a value and its key in a text, and the places of its parts. */
interface Place {
  readonly key: number
  readonly value: number
  readonly parts: Map<string, Place>
}

/** The data of a text, and the positions of the data in it. */
export interface Source {
  /** Undefined when the text could not be read. */
  readonly value: unknown
  readonly problems: readonly DefinitionProblem[]
  /** The line and column of a canonical path in any spelling; if the text lacks it, of its nearest parent. */
  locate(path: string, at: 'key' | 'value'): { readonly line: number; readonly column: number }
}

/** Reads YAML, of which JSON is a subset. Refuses a text over a bound before it allocates or recurses. */
export function readYaml(text: string): Source {
  const yaml = loadYaml()
  const lines = new yaml.LineCounter()
  const problems: DefinitionProblem[] = []
  const root: Place = { key: 0, value: 0, parts: new Map() }
  const locate: Source['locate'] = (path, at) => positionOf(lines, find(root, path)[at])
  const report = (code: string, message: string, offset: number, path = ''): void => {
    problems.push({ code, path, message, ...positionOf(lines, offset) })
  }

  const tokens = tokenize(yaml, text, lines, report)
  if (!tokens) return { value: undefined, problems, locate }
  // `toData` finds duplicate keys: the library would compare every key with every other one.
  const composer = new yaml.Composer({ schema: 'core', uniqueKeys: false, keepSourceTokens: false })
  const [document, ...others] = composer.compose(tokens, true, text.length)
  for (const each of others) report('syntax', 'A file may hold only one loop.', each.range[0])
  for (const { message, pos } of document?.errors.slice(0, maxSyntaxProblems) ?? []) {
    report('syntax', message, pos[0])
  }
  if (problems.length > 0) return { value: undefined, problems, locate }

  const value = toData(yaml, document?.contents ?? null, '', root, report)
  return { value, problems, locate }
}

/** Whether a text is within the bounds of size and parts. */
export function fits(text: string): boolean {
  // A character has at least one byte, so most texts that are too large are refused without counting bytes.
  if (text.length > maxBytes || Buffer.byteLength(text) > maxBytes) return false
  // A character makes at most two parts, so a short text needs no count.
  if (text.length * 2 < maxLexemes) return true
  let lexemes = 0
  for (const _ of new (loadYaml().Lexer)().lex(text)) lexemes += 1
  return lexemes <= maxLexemes
}

type Report = (code: string, message: string, offset: number, path?: string) => void

/** The tokens of a text, or null when it breaks a bound, which is reported. Iterative, so depth overflows no stack. */
function tokenize(
  yaml: typeof Yaml,
  text: string,
  lines: Yaml.LineCounter,
  report: Report,
): Yaml.CST.Token[] | null {
  const parser = new yaml.Parser(lines.addNewLine)
  const tokens: Yaml.CST.Token[] = []
  let offset = 0
  let errors = 0
  let lexemes = 0
  lines.addNewLine(0)
  for (const lexeme of new yaml.Lexer().lex(text)) {
    lexemes += 1
    if (lexemes > maxLexemes) {
      report('too_large', `The text has more than ${maxLexemes} parts.`, offset)
      return null
    }
    const forbidden = forbiddenLexemes.get(yaml.CST.tokenType(lexeme) ?? '')
    if (forbidden) {
      report(...forbidden, offset)
      return null
    }
    for (const token of parser.next(lexeme)) {
      tokens.push(token)
      if (token.type === 'error') errors += 1
    }
    // A text that is not YAML at all would otherwise be read to its end, error by error.
    if (errors > maxSyntaxProblems) return tokens
    if (parser.stack.length > maxDepth + extraLevels) {
      report('too_deep', `The text is nested more than ${maxDepth} levels deep.`, offset)
      return null
    }
    offset = parser.offset
  }
  tokens.push(...parser.end())
  return tokens
}

const forbiddenLexemes = new Map<string, [code: string, message: string]>([
  ['alias', ['alias_refused', 'Aliases are not allowed: write the value out.']],
  ['anchor', ['alias_refused', 'Anchors are not allowed: write the value out each time.']],
  ['tag', ['tag_refused', 'Tags are not allowed: a definition is plain data.']],
])

function toData(
  yaml: typeof Yaml,
  node: unknown,
  path: string,
  place: Place,
  report: Report,
): unknown {
  if (yaml.isSeq(node)) {
    return node.items.map((item, index) => {
      const part = placeOf(item, place.value)
      place.parts.set(String(index), part)
      return toData(yaml, item, pointer(path, index), part, report)
    })
  }
  if (yaml.isMap(node)) {
    const result = new Map<string, unknown>()
    for (const { key, value } of node.items) {
      const at = offsetOf(key, place.value)
      const name = yaml.isScalar(key) ? key.value : undefined
      if (typeof name !== 'string' || name === '__proto__') {
        report(
          'invalid_key',
          'A key must be text, in quotes if necessary, and must not be __proto__.',
          at,
          path,
        )
        continue
      }
      const inner = pointer(path, name)
      if (result.has(name)) report('duplicate_key', 'This key is given twice.', at, inner)
      const part = { ...placeOf(value, at), key: at }
      place.parts.set(name, part)
      result.set(name, toData(yaml, value, inner, part, report))
    }
    return Object.fromEntries(result)
  }
  return yaml.isScalar(node) ? scalar(node, path, place, report) : null
}

function scalar(
  { value, source }: Yaml.Scalar,
  path: string,
  place: Place,
  report: Report,
): unknown {
  if (typeof value !== 'number') return value
  // A version is a name: 1.10 is not 1.1.
  if (path === '/version') return source ?? String(value)
  const isExact =
    !Number.isInteger(value) || Number.isSafeInteger(value) || source === String(value)
  if (!Number.isFinite(value) || !isExact) {
    report('invalid_number', 'This number cannot be kept exactly.', place.value, path)
  }
  return value
}

function placeOf(node: unknown, fallback: number): Place {
  const at = offsetOf(node, fallback)
  return { key: at, value: at, parts: new Map() }
}

function offsetOf(node: unknown, fallback: number): number {
  const range = (node as Yaml.Node | null)?.range
  return range ? range[0] : fallback
}

/** The place of a path in the text. A segment that the text lacks, because it uses a shorthand, is skipped. */
function find(root: Place, path: string): Place {
  let place = root
  for (const segment of segmentsOf(path)) {
    const spelling = spellingsOf(segment).find((name) => place.parts.has(name))
    place = (spelling === undefined ? undefined : place.parts.get(spelling)) ?? place
  }
  return place
}

function positionOf(lines: Yaml.LineCounter, offset: number): { line: number; column: number } {
  const { line, col } = lines.linePos(offset)
  return { line: Math.max(line, 1), column: Math.max(col, 1) }
}
