import type { ApprovalDecision, ApprovalRequest } from '@loop-engine/core'
import { z } from 'zod'

import type { Recipient } from './options.ts'

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
type EmailRef = z.infer<typeof refSchema>

/** Null for what this channel did not write. */
export function readRef(value: unknown): EmailRef | null {
  return refSchema.safeParse(value).data ?? null
}

/** Now that these people are asked, and told of these decisions. */
export function refOf(
  { revision, stage }: ApprovalRequest,
  before: EmailRef | null,
  people: readonly Recipient[],
  told: readonly string[],
): EmailRef {
  const asked = people.map(({ id }) => id)
  const involved = [...new Set([...(before?.involved ?? []), ...asked])]
  return { revision, stage, asked, involved, told: [...told] }
}

/** What tells one decision from another. Not its place in the list: an approval that counts no longer leaves it. */
export function nameOf({ at, stage, decision, reviewer }: ApprovalDecision): string {
  return `${at} ${stage} ${decision} ${reviewer.id}`
}
