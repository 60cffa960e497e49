import { z } from 'zod'

const refSchema = z.object({
  /** The revision that the links in people's mailboxes are for. */
  revision: z.int().min(1),
  /** Who was sent a link for it: ids, since an address may change. */
  asked: z.array(z.string()),
  /** Who was ever asked, at any stage and revision, and should hear how it ended. */
  involved: z.array(z.string()),
  /** Of how many decisions people were told. */
  decisions: z.int().min(0),
})

/** What the engine keeps with the request for this channel. No address, link or code is in it. */
export type EmailRef = z.infer<typeof refSchema>

/** Null for what this channel did not write. */
export function readRef(value: unknown): EmailRef | null {
  return refSchema.safeParse(value).data ?? null
}
