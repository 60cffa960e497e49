import type { JsonObject } from '@loop-engine/core'
import { z } from 'zod'

/** A business key, a run id and the like, as the engine accepts them. */
export const idSchema = z
  .string()
  .min(1)
  .max(256)
  .regex(/^[^\u0000-\u001f\u007f]+$/, 'must not hold control characters')

export const aggregateIdSchema = idSchema.describe('The business key of a run.')

/** Any object: the engine copies it, limits its size, and refuses values that are not JSON. */
export const jsonObjectSchema = z
  .record(z.string(), z.unknown())
  .describe('A JSON object.') as unknown as z.ZodType<JsonObject>

export const limitSchema = z.int().min(1).max(50).default(20).describe('At most 50.')

export const cursorSchema = z
  .string()
  .min(1)
  .max(2048)
  .optional()
  .describe('The cursor of the previous page, unchanged.')

export const keySchema = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[\x21-\x7e]+$/, 'must be printable ASCII without spaces')
  .describe(
    'Chosen by you, a different one for each thing you want done. If you are unsure whether a call worked, repeat it with the same key: it is done once, and you learn the outcome.',
  )

export const timeSchema = z.string().describe('UTC, ISO 8601.')

/** Text that others wrote; see the notice that precedes it. */
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
