import { isRecord } from '@loop-engine/core'

// What SDKs, vendors and browsers hand over is read field by field: none of it has a type that can be relied on.

export type Fields = Readonly<Record<string, unknown>>

const noFields: Fields = Object.freeze({})

/** The members of an object or a function (providers are functions); none of anything else. */
export function fieldsOf(value: unknown): Fields {
  // Any object can be read by key; what is found is unknown still.
  const hasFields = typeof value === 'function' || (typeof value === 'object' && value !== null)
  return hasFields ? (value as Fields) : noFields
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** A text that is worth recording, cut to what a record takes. */
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

/** The objects of a list; none of anything else. */
export function objectsOf(value: unknown): readonly Fields[] {
  return listOf(value).filter(isRecord)
}
