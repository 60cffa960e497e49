import { z } from 'zod'

const refSchema = z.object({
  /** The revision that the links in people's mailboxes are for. */
  revision: z.int().min(1),
  /** The stage that waited. */
  stage: z.int().min(0).default(0),
  /** Who was sent a link for it: ids, since an address may change. */
  asked: z.array(z.string()),
  /** Who was ever asked, at any stage and revision, and should hear how it ended. */
  involved: z.array(z.string()),
  /** Of which decisions those who made them were told. */
  told: z.array(z.string()).default([]),
})

/** What the engine keeps with the request for this channel. No address, link or code is in it. */
export type EmailRef = z.infer<typeof refSchema>

/** Null for what this channel did not write. */
export function readRef(value: unknown): EmailRef | null {
  return refSchema.safeParse(value).data ?? null
}
