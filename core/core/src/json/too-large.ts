import type { LoopError } from '../errors.ts'
import { canonicalize } from './canonical.ts'
import { JsonFault, tooLarge, toLoopError } from './json-fault.ts'
import type { JsonObject, JsonValue } from './json.ts'

/** The error for a value whose canonical text has too many UTF-8 bytes; its path says where the text passes the limit. */
export function tooLargeError(value: JsonObject, maxBytes: number): LoopError {
  const fault = new JsonFault(tooLarge)
  fault.segments.push(...passing(value, maxBytes).toReversed())
  return toLoopError(fault)
}

function passing(value: JsonValue, maxBytes: number): (string | number)[] {
  if (typeof value !== 'object' || value === null) return []
  // One byte for the opening brace; each part costs its own text less one brace, with a comma or the closing brace.
  let left = maxBytes - 1
  for (const [key, part] of Object.entries(value)) {
    const alone = Array.isArray(value) ? [part] : { [key]: part }
    const bytes = Buffer.byteLength(canonicalize(alone)) - 1
    if (bytes > left) return [key, ...passing(part, left)]
    left -= bytes
  }
  return []
}
