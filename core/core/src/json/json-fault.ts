import { LoopError, type LoopErrorCode } from '../errors.ts'
import { toPointerToken } from './pointer-token.ts'

/** What JSON data may cost. */
export interface JsonLimits {
  /** UTF-8 bytes of the text; 16 MiB unless told. */
  readonly maxBytes?: number
  /** Levels of objects and arrays; 64 unless told, and never more than 1,000. */
  readonly maxDepth?: number
}

/** What is left of the limits during one call. Characters are spent before anything is copied. */
export interface JsonBudget {
  characters: number
  readonly maxDepth: number
  /** The data was made by this library, so its objects need no checks. */
  readonly own?: boolean
}

// Walking JSON data is recursive; this many levels fit on any stack.
export const deepest = 1_000

export function limitsOf({
  maxBytes = 16 * 1024 * 1024,
  maxDepth = 64,
}: JsonLimits): Required<JsonLimits> {
  return { maxBytes, maxDepth: Math.min(maxDepth, deepest) }
}

export function createBudget(limits: JsonLimits): JsonBudget {
  const { maxBytes, maxDepth } = limitsOf(limits)
  // A character takes at least one byte, so this many characters are never too few.
  return { characters: maxBytes, maxDepth }
}

export function spend(budget: JsonBudget, characters: number): void {
  budget.characters -= characters
  if (budget.characters < 0) throw new JsonFault(tooLarge)
}

/** Whether a text takes more UTF-8 bytes than allowed. */
export function isLongerThan(text: string, maxBytes: number): boolean {
  // A UTF-16 unit takes one to three bytes, so most texts need no counting.
  if (text.length > maxBytes) return true
  if (text.length * 3 <= maxBytes) return false
  let bytes = text.length
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    const isSurrogate = unit >= 0xd800 && unit <= 0xdfff
    if (unit >= 0x80) bytes += unit < 0x800 || isSurrogate ? 1 : 2
  }
  return bytes > maxBytes
}

export interface Refusal {
  readonly code: LoopErrorCode
  readonly message: string
  readonly hint: string
}

function invalid(message: string, hint: string): Refusal {
  return { code: 'invalid_json', message, hint }
}

export const tooLarge: Refusal = {
  code: 'too_large',
  message: 'The JSON data is larger than its limit.',
  hint: 'Send a reference to large data instead of the data.',
}
export const tooDeep = invalid(
  'The JSON data is nested deeper than its limit.',
  'Flatten the data, or raise maxDepth.',
)
const cyclic = invalid('The JSON data contains itself.', 'Refer to the object by its id.')
const unreadable = invalid('A value could not be read.', 'Convert it to plain data first.')
export const notFinite = invalid(
  'A number is NaN or infinite.',
  'Send a finite number, a string or null.',
)
export const undefinedValue = invalid(
  'A value is undefined.',
  'Leave the property out, or send null.',
)
export const notData = invalid(
  'A value is a function, a symbol or a bigint.',
  'Send it as a string.',
)
export const notPlain = invalid(
  'An object is neither a plain object nor an array.',
  'Convert dates, maps and class instances to plain data first.',
)
export const symbolKey = invalid('An object has a symbol as a key.', 'Use strings as keys.')
export const notOwnData = invalid(
  'A property is an accessor or not enumerable.',
  'Copy the object to plain data first.',
)
export const prototypeKey = invalid('A key is named __proto__.', 'Use another key.')
export const illFormed = invalid(
  'A string or a key contains a lone surrogate.',
  'Repair it where it is made, for example with toWellFormed().',
)

export const notJsonText = invalid('The text is not JSON.', 'Write it with a JSON serialiser.')
export const duplicateKey = invalid('A key is given twice.', 'Give each key once.')
export const inexactNumber = invalid(
  'A number has more digits or a larger exponent than a double holds.',
  'Send it as a string.',
)

/** A refusal on its way up: each level adds its step of the path. It never leaves this package. */
export class JsonFault extends Error {
  readonly refusal: Refusal
  readonly segments: (string | number)[] = []
  readonly holders: object[] = []

  constructor(refusal: Refusal, cause?: unknown) {
    super(refusal.message, cause === undefined ? undefined : { cause })
    this.refusal = refusal
  }
}

/** Adds one step of the path to an error that was thrown below. */
export function faultWithin(error: unknown, holder: object, segment: string | number): JsonFault {
  const fault = error instanceof JsonFault ? error : new JsonFault(unreadable, error)
  fault.segments.push(segment)
  fault.holders.push(holder)
  return fault
}

export function toLoopError(error: unknown): LoopError {
  const fault = error instanceof JsonFault ? error : new JsonFault(unreadable, error)
  const segments = fault.segments.toReversed()
  const returnsAt = fault.refusal === tooDeep ? firstRepeated(fault.holders.toReversed()) : -1
  const { code, message, hint } = returnsAt < 0 ? fault.refusal : cyclic
  const path = toPointer(returnsAt < 0 ? segments : segments.slice(0, returnsAt))
  return new LoopError(code, message, { path, hint, cause: fault.cause })
}

/** A JSON Pointer (RFC 6901) that is safe to print: long keys are cut, lone surrogates replaced. */
export function toPointer(segments: readonly PropertyKey[]): string {
  return segments.map((segment) => `/${toShortToken(String(segment))}`).join('')
}

function toShortToken(key: string): string {
  const short = key.length > 64 ? `${key.slice(0, 64)}…` : key
  return toPointerToken(short.toWellFormed())
}

function firstRepeated(holders: readonly object[]): number {
  const seen = new Set<object>()
  return holders.findIndex((holder) => seen.size === seen.add(holder).size)
}
