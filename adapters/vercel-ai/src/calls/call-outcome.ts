import { LoopError, type JsonValue } from '@loop-engine/core'

export type CallStatus =
  /** Ran, and has a result. */
  | 'executed'
  /** Ran, and threw. */
  | 'failed'
  /** Never ran, and never will. */
  | 'denied'
  /** Never ran: its approval or its licence ran out. */
  | 'expired'
  /** Waits for people. */
  | 'pending'
  /** Began elsewhere; its result is not known yet. */
  | 'executing'
  /** Began, and nobody knows how it ended; it will not run again. */
  | 'unknown'
  /** Did not run: a stop is in force, or the record has no such call, or another one. */
  | 'refused'

/** What became of one governed call, as the ledger has it. */
export interface CallOutcome {
  readonly tool: string
  readonly callId: string
  /** Business key of its instance, for `engine.get` and `engine.history`. */
  readonly aggregateId: string
  readonly status: CallStatus
  /** One or two sentences for the model, which leave no room to claim success. */
  readonly message: string
  /**
   * A stable word for programs: `reviewer`, `guard:<id>`, `input_mismatch`, `unanswered`, `unrecorded`, `stopped`, …
   */
  readonly reason?: string
  /** The newest approval request. */
  readonly approvalId?: string
  readonly output?: JsonValue
  /** The input that ran or would run; after an edit, the reviewer's version. */
  readonly input?: JsonValue
  readonly edited: boolean
}

/** The call that an outcome is about. */
export type Subject = Pick<CallOutcome, 'tool' | 'callId' | 'aggregateId'>
type Rest = Partial<Omit<CallOutcome, keyof Subject | 'status' | 'message'>>

/** An outcome with its sentence. `why` follows the sentence: a reviewer's reason, or a tool's own message. */
export function outcomeOf(
  subject: Subject,
  status: CallStatus,
  rest: Rest = {},
  why = '',
): CallOutcome {
  const { tool, callId, aggregateId } = subject
  const message = sentences[status](tool, rest, why.slice(0, 2000))
  return { tool, callId, aggregateId, edited: false, ...rest, status, message }
}

const sentences: Record<CallStatus, (tool: string, rest: Rest, why: string) => string> = {
  executed: (tool) => `${tool} was executed.`,
  failed: (tool, _, why) => why || `${tool} failed.`,
  denied: (tool, _, why) =>
    `${tool} was NOT executed and will not be: ${why || 'it was declined.'} Tell the user so, and do not claim that it was done.`,
  expired: (tool) =>
    `${tool} was NOT executed: its approval ran out before it was used. Do not claim that it was done.`,
  pending: (tool, { approvalId }) =>
    `${tool} was NOT executed: it waits for approval (${approvalId ?? 'no id'}). Do not claim that it was done, and do not call it again.`,
  executing: (tool) =>
    `${tool} began elsewhere and has no result yet. Do not claim that it was done, and do not call it again.`,
  unknown: (tool) =>
    `${tool} began, and nobody knows whether it took effect. It will not run again. Say that a person must check.`,
  refused: (tool, _, why) =>
    `${tool} was NOT executed: ${why || 'governance refused the call.'} Do not claim that it was done.`,
}

/** The error that a caller gets instead of a result. The SDK hands its message to the model. */
export function errorOf({
  status,
  message,
  reason,
  approvalId,
  aggregateId,
}: CallOutcome): LoopError {
  return new LoopError(status === 'unknown' ? 'unknown_outcome' : 'refused', message, {
    plugin: 'vercel-ai',
    details: { status, reason, approvalId, aggregateId },
  })
}

/** Tells the model that a reviewer changed the input of a call; undefined if none did. */
export function noteOf({ tool, edited, input }: CallOutcome): string | undefined {
  return edited
    ? `A reviewer changed the input before approving. ${tool} ran with: ${JSON.stringify(input)}`
    : undefined
}
