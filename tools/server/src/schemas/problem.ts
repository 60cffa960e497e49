import { z } from 'zod'

export const problemSchema = z
  .object({
    type: z.string().meta({ description: 'A URN that ends with the code.' }),
    title: z.string(),
    status: z.int(),
    detail: z.string().optional(),
    code: z.string().meta({
      description: 'The kind of problem. Codes are stable, so programs can rely on them.',
    }),
    reason: z
      .string()
      .optional()
      .meta({ description: 'A more precise reason of a refusal, also stable.' }),
    hint: z.string().optional(),
    path: z
      .string()
      .optional()
      .meta({ description: 'A JSON Pointer to the faulty part of the input.' }),
    retryable: z.boolean(),
    requestId: z.string(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
    result: z.unknown().optional().meta({ description: 'The whole result that was refused.' }),
  })
  .meta({ id: 'Problem', description: 'RFC 9457.' })
export type Problem = z.infer<typeof problemSchema>
