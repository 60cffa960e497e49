import { z } from 'zod'

import { readBytes } from '../read-bytes.ts'

/** What a form of the page may send. */
const formSchema = z.object({
  link: z.string().max(4096).optional(),
  challenge: z.string().max(16_384).optional(),
  view: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
  decision: z.enum(['approve', 'reject']).optional(),
  reason: z.string().trim().max(2000).optional(),
  confirm: z.literal('yes').optional(),
  address: z.string().trim().max(320).optional(),
  code: z.string().trim().max(64).optional(),
})
export type PageForm = z.infer<typeof formSchema>

const longestBytes = 65_536

/** Reads a posted form of a bounded size; null for anything that no form of the page would send. */
export async function readForm(request: Request): Promise<PageForm | null> {
  const type = request.headers.get('content-type') ?? ''
  if (!/^application\/x-www-form-urlencoded\s*(;|$)/i.test(type)) return null
  const bytes = await readBytes(request, longestBytes)
  if (!bytes) return null
  const fields = new URLSearchParams(bytes.toString('utf8'))
  const read = formSchema.safeParse(Object.fromEntries(fields))
  return read.success ? read.data : null
}
