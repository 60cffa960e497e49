import { isRecord } from './is-record.ts'
import type { JsonObject } from './json.ts'
import { parseJson } from './parse-json.ts'

/** The JSON object that Loop Engine wrote; null for what was changed until it is none. */
export function parseRecord(text: string): JsonObject | null {
  try {
    const value = parseJson(text)
    return isRecord(value) ? (value as JsonObject) : null
  } catch {
    return null
  }
}
