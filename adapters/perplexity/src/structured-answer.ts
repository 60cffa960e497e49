import { LoopError, parseStrictJson, type JsonObject } from '@loop-engine/core'
import type { z } from 'zod'

/** Reads an answer that was asked for as data. Throws `bad_response` when it is not, without quoting it. */
export async function readStructured(
  schema: z.ZodObject,
  text: string,
  details: Record<string, unknown>,
): Promise<JsonObject> {
  // A refinement of the user's may be async.
  const read = await schema.safeParseAsync(parse(text))
  // What strict JSON brings and the schema lets through is JSON.
  if (read.success) return read.data as JsonObject
  throw new LoopError('bad_response', 'perplexity did not keep to the schema.', {
    plugin: 'perplexity',
    retryable: true,
    path: `/${read.error.issues[0]?.path.join('/') ?? ''}`,
    hint: 'Ask again, or use a model that keeps to a schema.',
    details,
  })
}

function parse(text: string): unknown {
  try {
    return parseStrictJson(text)
  } catch {
    // Prose instead of JSON: no schema of an object takes it.
    return undefined
  }
}
