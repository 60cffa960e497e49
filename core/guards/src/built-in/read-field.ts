import { fromPointerToken, type JsonValue } from '@loop-engine/core'

/**
 * The value at `name` (a field at the top) or at a JSON Pointer such as `/order/total`; undefined
 * where there is none. Only own fields are seen.
 */
export function readField(root: JsonValue, field: JsonValue | undefined): JsonValue | undefined {
  if (typeof field !== 'string' || field === '') return undefined
  if (!field.startsWith('/')) return childOf(root, field)
  let value: JsonValue | undefined = root
  for (const part of field.slice(1).split('/')) {
    if (value === undefined) return undefined
    value = childOf(value, fromPointerToken(part))
  }
  return value
}

function childOf(value: JsonValue, key: string): JsonValue | undefined {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
  if (Array.isArray(value) && !/^(0|[1-9]\d*)$/.test(key)) return undefined
  return (value as Readonly<Record<string, JsonValue>>)[key]
}
