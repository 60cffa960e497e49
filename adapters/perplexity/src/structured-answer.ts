import { LoopError, parseStrictJson, type JsonObject } from '@loop-engine/core'
import type { z } from 'zod'

/** Reads an answer as data. Throws `bad_response`, without quoting the answer, if it does not match the schema. */
export async function readStructured(
  schema: z.ZodObject,
  text: string,
  details: Record<string, unknown>,
): Promise<JsonObject> {
  // The schema may have an async refinement.
  const read = await schema.safeParseAsync(parse(text))
  // Strict JSON that the schema accepts is JSON.
  if (read.success) return read.data as JsonObject
  throw new LoopError('bad_response', 'The answer of Perplexity does not match the schema.', {
    plugin: 'perplexity',
    retryable: true,
    path: `/${read.error.issues[0]?.path.join('/') ?? ''}`,
    hint: 'Ask again, or use a model that follows schemas.',
    details,
  })
}

function parse(text: string): unknown {
  try {
    return parseStrictJson(text)
  } catch {
    // Prose instead of JSON becomes undefined, which no object schema accepts.
    return undefined
  }
}
