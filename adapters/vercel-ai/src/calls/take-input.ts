import { canonicalize, LoopError, snapshot, type JsonValue } from '@loop-engine/core'

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
  const json = snapshot(JSON.parse(written)) as JsonValue
  // A schema may have made a Date of a text; the tool must get it back as such.
  const value = isPlain(input) ? JSON.parse(written) : input
  return { json, text: canonicalize(json), value }
}

/** JSON would write `null`, `{}` or nothing for these, and two different calls would look the same. */
function refuseLossy(_key: string, value: unknown): unknown {
  const lossy = typeof value === 'number' ? !Number.isFinite(value) : isUnwritable(value)
  if (!lossy) return value
  throw new LoopError('invalid_input', 'The input of a tool call cannot be recorded as JSON.', {
    plugin: 'vercel-ai',
    hint: 'Let the schema of the tool accept JSON values.',
  })
}

function isUnwritable(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return !isBare(value) && isEmpty(value)
  return typeof value === 'function' || typeof value === 'bigint' || typeof value === 'symbol'
}

/** What a Set, a Map or a RegExp holds is not in its members. */
function isEmpty(value: object): boolean {
  return Object.keys(value).length === 0
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
