import type { ApprovalDecision, ApprovalRequest } from '@loop-engine/core'
import { z } from 'zod'

import type { Recipient } from './options.ts'

const refSchema = z.object({
  /** The revision for which links were sent. */
  revision: z.int().min(1),
  /** The stage that waited then. */
  stage: z.int().min(0).default(0),
  /** Ids of the people who were sent a link for it; an address may change. */
  asked: z.array(z.string()),
  /** Ids of all people who were ever asked, and who are told how the request ended. */
  involved: z.array(z.string()),
  /** The decisions whose makers were sent a receipt. */
  told: z.array(z.string()).default([]),
})

/** What the engine stores with a request for this channel. It holds no address, link or code. */
type EmailRef = z.infer<typeof refSchema>

/** Reads a stored reference; null if this channel did not write it. */
export function readRef(value: unknown): EmailRef | null {
  return refSchema.safeParse(value).data ?? null
}

/** The reference after these people were asked and these receipts were sent. */
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

/** The identity of a decision. Not its index in the list, from which approvals that no longer count are removed. */
export function nameOf({ at, stage, decision, reviewer }: ApprovalDecision): string {
  return `${at} ${stage} ${decision} ${reviewer.id}`
}
