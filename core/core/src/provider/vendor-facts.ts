import { z } from 'zod'

// A field that a vendor or a gateway leaves out or gets wrong is null, and the answer still counts.

/** An id or a name beside an answer, no longer than an actor may hold. */
export const vendorWord = z.string().min(1).max(256).nullish().catch(null)

/** A number of tokens. */
export const vendorCount = z.int().min(0).nullish().catch(null)

const codesOfTexts = [
  // xAI, with 400 and with 403.
  [/^incorrect(?: |%20)api(?: |%20)key/i, 'invalid_api_key'],
  [/^content violates usage guidelines/i, 'content_policy_violation'],
  // Anthropic, all as an `invalid_request_error`.
  [/^(?:in|out)put blocked by content filtering policy/i, 'content_filter'],
  [/^prompt is too long/i, 'context_length_exceeded'],
  [/^your credit balance is too low/i, 'insufficient_quota'],
] as const

/** A code for what a vendor says only in words, under a general code of its own. The text is not kept. */
export function codeOfText(text: unknown): string | undefined {
  if (typeof text !== 'string') return undefined
  return codesOfTexts.find(([pattern]) => pattern.test(text))?.[1]
}
