import { z } from 'zod'

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

/** Reads a posted form, of a bounded size; null for what no form of ours would send. */
export async function readForm(request: Request): Promise<PageForm | null> {
  const type = request.headers.get('content-type') ?? ''
  if (!/^application\/x-www-form-urlencoded\s*(;|$)/i.test(type)) return null
  const text = await readText(request)
  if (text === null) return null
  const read = formSchema.safeParse(Object.fromEntries(new URLSearchParams(text)))
  return read.success ? read.data : null
}

/** The body, or null as soon as it is too long. */
async function readText(request: Request): Promise<string | null> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of request.body ?? []) {
    bytes += chunk.byteLength
    if (bytes > longestBytes) return null

    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
