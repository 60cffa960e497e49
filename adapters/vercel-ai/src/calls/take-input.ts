import { canonicalize, LoopError, snapshot, parseJson, type JsonValue } from '@loop-engine/core'

/** The arguments of a call: as they are recorded and compared, and as the tool gets them. */
export interface TakenInput {
  readonly json: JsonValue
  readonly text: string
  readonly value: unknown
  /** It stands in a stored conversation: no schema of the tool has read it on its way here. */
  readonly isStored?: boolean
}

/** Reads arguments once, so that nobody can change them between judgement and execution. Throws `invalid_input`. */
export function takeInput(input: unknown): TakenInput {
  const written = JSON.stringify(input ?? null, refuseLossy)
  const json = snapshot(parseJson(written)) as JsonValue
  // A schema may have made a Date of a text; the tool must get it back as such.
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

/** JSON would write `null`, `{}` or nothing for these, and two different calls would look the same. */
function isLossy(value: unknown): boolean {
  switch (typeof value) {
    case 'number':
      return !Number.isFinite(value)
    case 'object':
      // What a Set, a Map or a RegExp holds is not in its members.
      return value !== null && !isBare(value) && Object.keys(value).length === 0
    case 'function':
    case 'bigint':
    case 'symbol':
      return true
    default:
      return false
  }
}

/** An object or a list as JSON knows it. */
function isBare(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return Array.isArray(value) || prototype === Object.prototype || prototype === null
}

function isPlain(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true
  return isBare(value) && Object.values(value).every(isPlain)
}
