/** What a note asks for. */
export type DecisionNote =
  | {
      readonly kind: 'decision'
      readonly decision: 'approve' | 'reject'
      /** As it was typed. */
      readonly code: string
      readonly reason?: string
    }
  /** A rejection whose reason is missing. */
  | { readonly kind: 'no-reason'; readonly code: string }
  /** It begins like a decision but is none, and its author should be told. */
  | { readonly kind: 'unclear' }
  /** What people write to each other. */
  | { readonly kind: 'talk' }

/** The engine accepts 4,096 characters. */
const mostReason = 4000
const command =
  /^(approve|reject)\s+([0-9a-z]{4}[-\u2010-\u2015 ]?[0-9a-z]{4})(?:[.,:;!]?\s+(\S.*)|[.,:;!]?)$/is
const attempt = /^(?:approved?|reject(?:ed)?|den(?:y|ied)|declined?)(?![\w-])/i

/**
 * Reads `approve <code> [reason]` and `reject <code> <reason>`. A note is a decision only if it begins with that word: a
 * sentence that quotes a code is talk.
 */
export function readDecisionNote(content: string): DecisionNote {
  const text = content.trim()
  const [, word, code, words] = command.exec(text) ?? []
  if (word === undefined || code === undefined)
    return { kind: attempt.test(text) ? 'unclear' : 'talk' }
  const decision = word.toLowerCase() === 'approve' ? 'approve' : 'reject'
  const reason = words?.trim().toWellFormed()
  if (!reason)
    return decision === 'reject'
      ? { kind: 'no-reason', code }
      : { kind: 'decision', decision, code }
  return { kind: 'decision', decision, code, reason: shorten(reason) }
}

function shorten(reason: string): string {
  if (reason.length <= mostReason) return reason
  return `${reason.slice(0, mostReason).replace(/[\ud800-\udbff]$/, '')} …[cut]`
}
