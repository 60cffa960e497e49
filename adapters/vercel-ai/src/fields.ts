import { isRecord } from '@loop-engine/core'

// Data from SDKs, vendors and browsers is read field by field, because its types cannot be relied on.

export type Fields = Readonly<Record<string, unknown>>

const noFields: Fields = Object.freeze({})

/** The members of an object or a function (some providers are functions); no members for any other value. */
export function fieldsOf(value: unknown): Fields {
  // Any object can be read by key, and each value that is found stays `unknown`.
  const hasFields = typeof value === 'function' || (typeof value === 'object' && value !== null)
  return hasFields ? (value as Fields) : noFields
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** The text, cut to `maxLength` UTF-16 units and made well-formed; undefined if it is empty or no text. */
export function textOf(value: unknown, maxLength = 256): string | undefined {
  return typeof value === 'string' && value !== ''
    ? value.slice(0, maxLength).toWellFormed()
    : undefined
}

export function countOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined
}

export function abortSignalOf(params: unknown): AbortSignal | undefined {
  const { abortSignal } = fieldsOf(params)
  return abortSignal instanceof AbortSignal ? abortSignal : undefined
}

/** The objects in a list, without its other items; empty if the value is no list. */
export function objectsOf(value: unknown): readonly Fields[] {
  return listOf(value).filter(isRecord)
}
