import type { LoopError } from '../errors.ts'
import { canonicalize } from './canonical.ts'
import { JsonFault, tooLarge, toLoopError } from './json-fault.ts'
import type { JsonObject, JsonValue } from './json.ts'

/** The error of a value whose canonical text has more UTF-8 bytes than allowed; its path is where the text passes them. */
export function tooLargeError(value: JsonObject, maxBytes: number): LoopError {
  const fault = new JsonFault(tooLarge)
  fault.segments.push(...passing(value, maxBytes).toReversed())
  return toLoopError(fault)
}

function passing(value: JsonValue, maxBytes: number): (string | number)[] {
  if (typeof value !== 'object' || value === null) return []
  // The first brace, and then for each part what closes it alone and separates it here.
  let left = maxBytes - 1
  for (const [key, part] of Object.entries(value)) {
    const alone = Array.isArray(value) ? [part] : { [key]: part }
    const bytes = Buffer.byteLength(canonicalize(alone)) - 1
    if (bytes > left) return [key, ...passing(part, left)]
    left -= bytes
  }
  return []
}
