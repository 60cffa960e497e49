import { notBlank, type JsonObject } from '@loop-engine/core'
import { z } from 'zod'

/** A name or a reason: some text, and not only spaces. */
export function textSchema(longest: number): z.ZodString {
  return z.string().min(1).max(longest).regex(notBlank, 'must not be blank')
}

/** A business key, a run id and the like: 1 to 256 characters, none of them a control character, and not only spaces. */
export const idSchema = z
  .string()
  .min(1)
  .max(256)
  // One pattern: not every reader of the document heeds two.
  .regex(
    /^[^\u0000-\u001f\u007f]*[^\s\u0000-\u001f\u007f][^\u0000-\u001f\u007f]*$/,
    'must not be blank, nor hold control characters',
  )

/** A business key that can stand in a URL: `.` and `..` would be steps in the path. */
export const aggregateIdSchema = idSchema
  .refine((id) => id !== '.' && id !== '..', 'must not be . or ..')
  .meta({ description: 'The business key of a run.', not: { enum: ['.', '..'] } })

export const reasonSchema = textSchema(4096).meta({
  description: 'The reason, in words; kept in the record.',
})

/** Not checked again to be JSON: input was read by a strict JSON parser, and output comes from the record. */
export const jsonObjectSchema = z.record(
  z.string(),
  z.unknown(),
) as unknown as z.ZodType<JsonObject>

export const hashSchema = z.string().regex(/^[0-9a-f]{64}$/)

export const millisecondsSchema = z.number().meta({ description: 'Epoch milliseconds.' })

const numberPattern = /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i

/** A number in a query string. `Number` alone would also accept an empty text, spaces and `0x10`. */
export function queryNumber(schema: z.ZodType<number>): z.ZodType<number> {
  return z.preprocess(
    (text) => (typeof text === 'string' && numberPattern.test(text) ? Number(text) : text),
    schema,
  )
}

export const limitSchema = queryNumber(z.int().min(1).max(1000)).optional()

export const pageQuery = {
  limit: limitSchema.meta({
    description: 'The most items in the page; 100 by default. A page of large items holds fewer.',
  }),
  cursor: z.string().min(1).max(2048).optional().meta({
    description: 'The `cursor` of the page before, unchanged.',
  }),
}

export function pageOf<Item extends z.ZodType>(
  item: Item,
): z.ZodObject<{
  items: z.ZodArray<Item>
  cursor: z.ZodOptional<z.ZodString>
}> {
  return z.object({
    items: z.array(item),
    cursor: z.string().optional().meta({ description: 'Absent on the last page.' }),
  })
}

/** A boolean in a query string. */
export const flagSchema = z.enum(['true', 'false']).transform((text) => text === 'true')
