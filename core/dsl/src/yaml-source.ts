import type { DefinitionProblem } from '@loop-engine/core'
import type * as Yaml from 'yaml'

import { loadYaml } from './load.ts'
import { pointer, segmentsOf } from './problems.ts'
import { spellingsOf } from './spellings.ts'

export const maxBytes = 256 * 1024
const maxDepth = 64
/** What the parser has open besides: the document, and the scalar that it is at. */
const besides = 2
/** A definition of the greatest size has about half as many; only a hostile text has more. */
const maxLexemes = 120_000
const maxSyntaxProblems = 20

/** Where a value stands in a text, and where its parts do. */
interface Place {
  readonly key: number
  readonly value: number
  readonly parts: Map<string, Place>
}

/** A text as data, and the way back from the data to its lines. */
export interface Source {
  /** Undefined when it is no data at all. */
  readonly value: unknown
  readonly problems: readonly DefinitionProblem[]
  /** Line and column of a path, in whatever spelling the text uses; of its nearest parent when it is absent. */
  locate(path: string, at: 'key' | 'value'): { readonly line: number; readonly column: number }
}

/** Reads YAML (or JSON, as the subset that it is). Bounded: refuses before it allocates or recurses. */
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
  // Duplicate keys are found below: the library compares each key with each other one.
  const composer = new yaml.Composer({ schema: 'core', uniqueKeys: false, keepSourceTokens: false })
  const [document, ...others] = composer.compose(tokens, true, text.length)
  for (const each of others) report('syntax', 'Only one loop may stand in a file.', each.range[0])
  for (const { message, pos } of document?.errors.slice(0, maxSyntaxProblems) ?? []) {
    report('syntax', message, pos[0])
  }
  if (problems.length > 0) return { value: undefined, problems, locate }

  const value = toData(yaml, document?.contents ?? null, '', root, report)
  return { value, problems, locate }
}

/** Whether a text is small enough to be read. */
export function fits(text: string): boolean {
  // A character has at least one byte, so most of what is too large is refused without counting.
  if (text.length > maxBytes || Buffer.byteLength(text) > maxBytes) return false
  // Nor is a part counted where there cannot be so many: a character is two at most.
  if (text.length * 2 < maxLexemes) return true
  let lexemes = 0
  for (const _ of new (loadYaml().Lexer)().lex(text)) lexemes += 1
  return lexemes <= maxLexemes
}

type Report = (code: string, message: string, offset: number, path?: string) => void

/** The tokens of a text, or null when it holds what no definition needs. Iterative, so that depth costs nothing. */
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
    // What is not YAML at all would be read to its end, error by error.
    if (errors > maxSyntaxProblems) return tokens
    if (parser.stack.length > maxDepth + besides) {
      report('too_deep', `The text is nested more than ${maxDepth} levels deep.`, offset)
      return null
    }
    offset = parser.offset
  }
  tokens.push(...parser.end())
  return tokens
}

const forbiddenLexemes = new Map<string, [code: string, message: string]>([
  ['alias', ['alias_refused', 'Aliases are not allowed: say what is meant where it is meant.']],
  ['anchor', ['alias_refused', 'Anchors are not allowed: say what is meant where it is meant.']],
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
          'A key must be text, if need be in quotes, and not __proto__.',
          at,
          path,
        )
        continue
      }
      const inner = pointer(path, name)
      if (result.has(name)) report('duplicate_key', 'A key stands here twice.', at, inner)
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
    report('invalid_number', 'A number cannot be kept exactly.', place.value, path)
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

/** What a path names in the text. A segment that the text leaves out (a shorthand) is passed over. */
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
