import { LoopError } from './errors.ts'
import type { JsonLimits } from './snapshot.ts'

/** Interim. */
export function parseStrictJson(text: string, limits: JsonLimits = {}): unknown {
  if (limits.maxBytes !== undefined && text.length > limits.maxBytes) throw new LoopError('too_large', 'JSON is too large.')
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new LoopError('invalid_json', 'A text is not JSON.', { cause })
  }
}
