import { LoopError, type JsonValue } from '@loop-engine/core'

const maxDepth = 32
const maxText = 65_536
const maxParts = 500_000
const charactersPerPart = 64

/**
 * The JSON of a value of CEL. Throws `invalid_input` for a value that JSON cannot express exactly, and `too_large` if it is
 * larger than any record: a list may hold the same large value many times.
 */
export function toJson(value: unknown): JsonValue {
  return copy(value, 0, { parts: maxParts })
}

function copy(value: unknown, depth: number, left: { parts: number }): JsonValue {
  left.parts -= typeof value === 'string' ? 1 + value.length / charactersPerPart : 1
  if (left.parts < 0)
    throw new LoopError('too_large', 'The value of an expression is too large.', {
      path: '/evidence',
      hint: 'Answer with less than the evidence holds.',
    })
  if (value === null || typeof value === 'boolean') return value
  if (typeof value === 'string' && value.length <= maxText) return value
  if (typeof value === 'number' && Number.isFinite(value)) return value
  if (typeof value === 'bigint' && isExact(value)) return Number(value)
  if (typeof value === 'object' && depth < maxDepth) {
    if (Array.isArray(value)) return value.map((item) => copy(item, depth + 1, left))
    if (isPlain(value)) {
      return Object.fromEntries(
        Object.entries(value).map(([key, item]) => [key, copy(item, depth + 1, left)]),
      )
    }
  }
  throw new LoopError('invalid_input', 'An expression answered with something that is not JSON.', {
    hint: 'Answer with null, a boolean, a finite number, a text, a list or a map with text keys.',
  })
}

function isExact(value: bigint): boolean {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) && value >= BigInt(Number.MIN_SAFE_INTEGER)
}

function isPlain(value: object): value is Record<string, unknown> {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
