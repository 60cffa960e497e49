import type { JsonObject } from '@loop-engine/core'
import { z } from 'zod'

/** A business key, a run id and the like, as the engine accepts them. */
export const idSchema = z
  .string()
  .min(1)
  .max(256)
  .regex(/^[^\u0000-\u001f\u007f]+$/, 'must not hold control characters')

export const aggregateIdSchema = idSchema.describe('The business key of a run.')

/** Any object: the engine copies it, bounds it and refuses what is not JSON. */
export const jsonObjectSchema = z
  .record(z.string(), z.unknown())
  .describe('A JSON object.') as unknown as z.ZodType<JsonObject>

export const limitSchema = z.int().min(1).max(50).default(20).describe('At most 50.')

export const cursorSchema = z
  .string()
  .min(1)
  .max(2048)
  .optional()
  .describe('Where the page before ended, unchanged.')

export const keySchema = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[\x21-\x7e]+$/, 'must be printable ASCII without spaces')
  .describe(
    'Chosen by you, one for each thing you want done. Repeat the same call with the same key when you are unsure whether it worked: it is done once, and you learn what became of it.',
  )

export const timeSchema = z.string().describe('UTC, ISO 8601.')

/** What others wrote; see the notice that precedes it. */
export const untrustedShape = {
  untrusted: z.record(z.string(), z.unknown()).optional(),
  truncated: z.literal(true).optional(),
}

export function pageOf<Item extends z.ZodType>(
  item: Item,
): z.ZodObject<{ items: z.ZodArray<Item>; cursor: z.ZodOptional<z.ZodString> }> {
  return z.object({
    items: z.array(item),
    cursor: z.string().optional().describe('Absent on the last page.'),
  })
}

export function timeOf(at: number): string {
  return new Date(at).toISOString()
}
