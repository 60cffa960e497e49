import { isRecord } from './is-record.ts'
import type { JsonObject } from './json.ts'
import { parseJson } from './parse-json.ts'

/** Parses a JSON object that Loop Engine wrote; null if somebody changed the text so that it is none any more. */
export function parseRecord(text: string): JsonObject | null {
  try {
    const value = parseJson(text)
    return isRecord(value) ? (value as JsonObject) : null
  } catch {
    return null
  }
}
