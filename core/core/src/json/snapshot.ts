import {
  createBudget,
  faultWithin,
  illFormed,
  type JsonBudget,
  JsonFault,
  type JsonLimits,
  notData,
  notFinite,
  notOwnData,
  notPlain,
  spend,
  symbolKey,
  toLoopError,
  tooDeep,
  undefinedValue,
} from './json-fault.ts'
import type { JsonValue } from './json.ts'
import { planOf } from './key-plan.ts'

const {
  freeze,
  getOwnPropertyDescriptor,
  getOwnPropertyNames,
  getOwnPropertySymbols,
  getPrototypeOf,
  prototype: plainPrototype,
} = Object

/**
 * Copies JSON data once and deeply freezes the copy, so that what was checked is what is used.
 *
 * Every property is read exactly once and no getter of an object runs. What has no canonical JSON form
 * throws `invalid_json` or `too_large`, with `path`. What `snapshot` made is returned as it is.
 */
export function snapshot<T extends object>(value: T, limits?: JsonLimits): T
export function snapshot(value: unknown, limits?: JsonLimits): JsonValue
export function snapshot(value: unknown, limits: JsonLimits = {}): JsonValue {
  try {
    return copy(value, 1, createBudget(limits))
  } catch (error) {
    throw toLoopError(error)
  }
}

function copy(value: unknown, depth: number, budget: JsonBudget): JsonValue {
  switch (typeof value) {
    case 'string':
      spend(budget, value.length + 2)
      if (!value.isWellFormed()) throw new JsonFault(illFormed)
      return value
    case 'number':
      spend(budget, 1)
      if (!Number.isFinite(value)) throw new JsonFault(notFinite)
      // Canonical JSON has one zero: with -0, guards would judge another value than is recorded.
      return value === 0 ? 0 : value
    case 'boolean':
      spend(budget, 4)
      return value
    case 'object':
      if (value === null) {
        spend(budget, 4)
        return null
      }
      // Only what `copy` returned has the mark, and that is JSON.
      if (isSnapshot(value)) return value as JsonValue
      if (depth > budget.maxDepth) throw new JsonFault(tooDeep)
      return Array.isArray(value)
        ? copyArray(value, depth, budget)
        : copyObject(value, depth, budget)
    case 'undefined':
    case 'function':
    case 'symbol':
    case 'bigint':
      throw notJson(value)
  }
}

function copyArray(array: readonly unknown[], depth: number, budget: JsonBudget): JsonValue {
  refuseUnlessArray(array)
  spend(budget, array.length + 1)
  const items: JsonValue[] = []
  let index = 0
  try {
    for (; index < array.length; index++) items.push(copy(array[index], depth + 1, budget))
  } catch (error) {
    throw faultWithin(error, array, index)
  }
  return seal(items)
}

function copyObject(object: object, depth: number, budget: JsonBudget): JsonValue {
  refuseUnlessPlain(object)
  const keys = getOwnPropertyNames(object)
  planOf(keys, budget)
  const fields: Record<string, JsonValue> = {}
  let at = ''
  try {
    for (const key of keys) {
      at = key
      fields[key] = copy(readData(object, key), depth + 1, budget)
    }
  } catch (error) {
    throw faultWithin(error, object, at)
  }
  return seal(fields)
}

/** Why a value that is neither an object nor a JSON primitive is refused. */
export function notJson(value: unknown): JsonFault {
  return new JsonFault(value === undefined ? undefinedValue : notData)
}

export function refuseUnlessArray(array: readonly unknown[]): void {
  if (getPrototypeOf(array) !== Array.prototype) throw new JsonFault(notPlain)
}

export function refuseUnlessPlain(object: object): void {
  const prototype: unknown = getPrototypeOf(object)
  if (prototype !== plainPrototype && prototype !== null) throw new JsonFault(notPlain)
  if (getOwnPropertySymbols(object).length > 0) throw new JsonFault(symbolKey)
}

/** Reads a property without running a getter. */
export function readData(object: object, key: string): unknown {
  const property = getOwnPropertyDescriptor(object, key)
  if (property === undefined || property.value === undefined || !property.enumerable) {
    const isUndefined = property?.enumerable === true && 'value' in property
    throw new JsonFault(isUndefined ? undefinedValue : notOwnData)
  }
  return property.value
}

class Returned {
  constructor(object: object) {
    return object
  }
}

/** Puts a private field on an object. Nobody else can, no copy takes it along, and asking for it is cheap, unlike a WeakSet. */
class Mark extends Returned {
  // oxlint-disable-next-line no-unused-private-class-members -- `isOn` asks only whether it is there
  readonly #made = true

  static isOn(object: object): boolean {
    return #made in object
  }
}

/** Whether `snapshot` made this object: then it is plain, frozen, well-formed JSON all the way down. */
export function isSnapshot(object: object): boolean {
  return Mark.isOn(object)
}

function seal(made: JsonValue[] | Record<string, JsonValue>): JsonValue {
  new Mark(made)
  return freeze(made)
}

/** Freezes plain objects and arrays in place, all the way down; cycles and other objects are left alone. */
export function deepFreeze<T>(value: T): T {
  const waiting: unknown[] = [value]
  const seen = new Set<unknown>()
  while (waiting.length > 0) {
    const next = waiting.pop()
    if (typeof next !== 'object' || next === null || seen.has(next) || isSnapshot(next)) continue
    const prototype: unknown = getPrototypeOf(next)
    if (!Array.isArray(next) && prototype !== plainPrototype && prototype !== null) continue
    seen.add(next)
    freeze(next)
    for (const key of Reflect.ownKeys(next))
      waiting.push(getOwnPropertyDescriptor(next, key)?.value)
  }
  return value
}

/** Does the same in a third of the time for what `JSON.parse` made, which has no cycles, accessors or other objects. */
export function freezeParsed<T extends object>(value: T): T {
  const waiting: object[] = [value]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const child of Object.values(freeze(next)) as unknown[])
      if (typeof child === 'object' && child !== null) waiting.push(child)
  }
  return value
}
