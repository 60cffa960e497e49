import { z } from 'zod'

// What a vendor or a gateway leaves out or gets wrong is null: it costs no answer.

/** An id or a name that stands beside an answer, as long as an actor takes it. */
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

/** The code of what a vendor says in words alone, under a general code. The text is looked at and not kept. */
export function codeOfText(text: unknown): string | undefined {
  if (typeof text !== 'string') return undefined
  return codesOfTexts.find(([pattern]) => pattern.test(text))?.[1]
}
