import {
  createBudget,
  faultWithin,
  illFormed,
  isLongerThan,
  type JsonBudget,
  JsonFault,
  type JsonLimits,
  limitsOf,
  notFinite,
  spend,
  toLoopError,
  tooDeep,
  tooLarge,
} from './json-fault.ts'
import { planOf } from './key-plan.ts'
import { isSnapshot, notJson, readData, refuseUnlessArray, refuseUnlessPlain } from './snapshot.ts'

/**
 * Writes JSON data in its one canonical form (RFC 8785): sorted keys, no spaces, shortest numbers.
 *
 * Throws `invalid_json` with `path` for what has none, and `too_large` beyond `maxBytes`. A snapshot is
 * written faster than other data, because it needs no checks.
 */
export function canonicalize(value: unknown, limits: JsonLimits = {}): string {
  try {
    const text = flat(write(value, 1, createBudget(limits)))
    if (isLongerThan(text, limitsOf(limits).maxBytes)) throw new JsonFault(tooLarge)
    return text
  } catch (error) {
    throw toLoopError(error)
  }
}

/**
 * The canonical text of an object that this library made: a plain object with own data, so that its shape is not checked.
 * Strings and numbers are. The text is a tree of its parts: flatten it before keeping it, as `flat` and hashing do.
 */
export function canonicalizeOwn(value: object): string {
  return write(value, 1, { ...createBudget({}), own: true })
}

/** The same text in one piece: V8 keeps a concatenated string as a tree, in five times the memory, until it is sliced. */
function flat(text: string): string {
  return ` ${text}`.slice(1)
}

function write(value: unknown, depth: number, budget: JsonBudget): string {
  switch (typeof value) {
    case 'string':
      spend(budget, value.length + 2)
      return writeString(value)
    case 'number':
      if (!Number.isFinite(value)) throw new JsonFault(notFinite)
      // JSON.stringify and RFC 8785 both write what ECMAScript prints.
      return `${value}`
    case 'boolean':
      return value ? 'true' : 'false'
    case 'object':
      if (value === null) return 'null'
      if (depth > budget.maxDepth) throw new JsonFault(tooDeep)
      return Array.isArray(value)
        ? writeArray(value, depth, budget)
        : writeObject(value, depth, budget)
    case 'undefined':
    case 'function':
    case 'symbol':
    case 'bigint':
      throw notJson(value)
  }
}

// Below this length looking at each character is faster than calling JSON.stringify.
const shortString = 64

/** A string in quotes. Throws a `JsonFault` for one that is not well-formed. */
export function writeString(string: string): string {
  if (isVerbatim(string)) return `"${string}"`
  if (!string.isWellFormed()) throw new JsonFault(illFormed)
  return JSON.stringify(string)
}

/** Whether a string is short and written as it is: without control, quote, backslash or surrogate. */
function isVerbatim(string: string): boolean {
  if (string.length > shortString) return false
  for (let index = 0; index < string.length; index++) {
    const unit = string.charCodeAt(index)
    if (unit < 0x20 || unit === 0x22 || unit === 0x5c || unit >= 0xd800) return false
  }
  return true
}

function writeArray(array: readonly unknown[], depth: number, budget: JsonBudget): string {
  refuseUnlessArray(array)
  spend(budget, array.length + 1)
  let text = '['
  let index = 0
  try {
    for (; index < array.length; index++) {
      if (index > 0) text += ','
      text += write(array[index], depth + 1, budget)
    }
  } catch (error) {
    throw faultWithin(error, array, index)
  }
  return `${text}]`
}

function writeObject(object: object, depth: number, budget: JsonBudget): string {
  const checked = budget.own === true || isSnapshot(object)
  if (!checked) refuseUnlessPlain(object)
  const keys = checked ? Object.keys(object) : Object.getOwnPropertyNames(object)
  const { fields } = planOf(keys, budget)
  if (fields.length === 0) return '{}'
  let text = ''
  let at = ''
  try {
    for (const { key, prefix, quotedPrefix } of fields) {
      at = key
      // A snapshot, or an object that we made, has own data properties and nothing else.
      const value = checked ? object[key as keyof object] : readData(object, key)
      // Short strings are the most frequent values: joining their opening quote to the key beforehand makes them cheaper.
      if (typeof value === 'string' && isVerbatim(value)) {
        spend(budget, value.length + 2)
        text += quotedPrefix + value + '"'
      } else {
        text += prefix + write(value, depth + 1, budget)
      }
    }
  } catch (error) {
    throw faultWithin(error, object, at)
  }
  return `${text}}`
}
