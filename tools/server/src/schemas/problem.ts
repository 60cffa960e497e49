import { z } from 'zod'

export const problemSchema = z
  .object({
    type: z.string().meta({ description: 'A URN that ends with the code.' }),
    title: z.string(),
    status: z.int(),
    detail: z.string().optional(),
    code: z.string().meta({ description: 'Stable; switch on it.' }),
    reason: z.string().optional().meta({ description: 'The finer, stable reason of a refusal.' }),
    hint: z.string().optional(),
    path: z.string().optional().meta({ description: 'JSON Pointer into the input.' }),
    retryable: z.boolean(),
    requestId: z.string(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
    result: z.unknown().optional().meta({ description: 'The whole result that was refused.' }),
  })
  .meta({ id: 'Problem', description: 'RFC 9457.' })
export type Problem = z.infer<typeof problemSchema>
