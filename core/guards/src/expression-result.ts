import { LoopError, type JsonValue } from '@loop-engine/core'

const maxDepth = 32
const maxText = 65_536

/** JSON of what CEL answered. Throws `invalid_input` for what JSON cannot say exactly. */
export function toJson(value: unknown, depth = 0): JsonValue {
  if (value === null || typeof value === 'boolean') return value
  if (typeof value === 'string' && value.length <= maxText) return value
  if (typeof value === 'number' && Number.isFinite(value)) return value
  if (typeof value === 'bigint' && isExact(value)) return Number(value)
  if (typeof value === 'object' && depth < maxDepth) {
    if (Array.isArray(value)) return value.map((item) => toJson(item, depth + 1))
    if (isPlain(value)) {
      return Object.fromEntries(
        Object.entries(value).map(([key, item]) => [key, toJson(item, depth + 1)]),
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
