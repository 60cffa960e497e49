import { canonicalize, LoopError, snapshot, parseJson, type JsonValue } from '@loop-engine/core'

/** The input of a call: as it is recorded (`json`), compared (`text`), and handed to the tool (`value`). */
export interface TakenInput {
  readonly json: JsonValue
  readonly text: string
  readonly value: unknown
  /** The input comes from a stored conversation: the tool's schema has not read it on its way here. */
  readonly isStored?: boolean
}

/**
 * Reads an input once, so that nobody can change it between judgement and execution. Throws `invalid_input` if JSON
 * would lose part of it.
 */
export function takeInput(input: unknown): TakenInput {
  const written = JSON.stringify(input ?? null, refuseLossy)
  const json = snapshot(parseJson(written)) as JsonValue
  // A schema may have made a Date of a text; then the tool must get the Date.
  const value = isPlain(input) ? parseJson(written) : input
  return { json, text: canonicalize(json), value }
}

function refuseLossy(_key: string, value: unknown): unknown {
  if (!isLossy(value)) return value
  throw new LoopError('invalid_input', 'The input of a tool call cannot be recorded as JSON.', {
    plugin: 'vercel-ai',
    hint: 'Let the schema of the tool accept JSON values.',
  })
}

/** Whether JSON writes `null`, `{}` or nothing for a value, so that two different calls would look the same. */
function isLossy(value: unknown): boolean {
  switch (typeof value) {
    case 'number':
      return !Number.isFinite(value)
    case 'object':
      // The content of a Set, a Map or a RegExp is not in its properties.
      return value !== null && !isBare(value) && Object.keys(value).length === 0
    case 'function':
    case 'bigint':
    case 'symbol':
      return true
    default:
      return false
  }
}

/** A plain object or an array. */
function isBare(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return Array.isArray(value) || prototype === Object.prototype || prototype === null
}

function isPlain(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true
  return isBare(value) && Object.values(value).every(isPlain)
}
