import type { LoopEngine } from '@loop-engine/sdk'

import type { CallOutcome } from '../calls/call-outcome.ts'
import type { GovernedTool, RecordedCall } from './governed-tool.ts'

/** A call that waits; `claimed` tells whether the conversation says that it is approved. */
export type PendingCall = CallOutcome & { readonly claimed: boolean }

export interface Resumed<Message> {
  /** The conversation with the result of every governed call that the ledger can settle. */
  readonly messages: Message[]
  readonly calls: readonly CallOutcome[]
  readonly pending: readonly PendingCall[]
  /** Whether every governed call has a result, so that a model may be asked to go on. */
  readonly ready: boolean
}

export interface ResumeSource {
  readonly engine: LoopEngine
  readonly tenant: string
  readonly tools: ReadonlyMap<string, GovernedTool>
  readonly sdk: 5 | 6 | 7 | undefined
}

/** A call as it stands in a conversation. */
export type FoundCall = Omit<RecordedCall, 'context' | 'run' | 'signal'> & {
  readonly tool: string
  readonly callId: string
  readonly claimed: boolean
}
/** Settles all calls of a conversation at once; returns their outcomes by `keyOf`. */
export type SettleAll = (
  messages: readonly unknown[],
  calls: readonly FoundCall[],
) => Promise<ReadonlyMap<string, CallOutcome>>

/**
 * Identifies a call within a conversation. Its id is not enough: some vendors number their calls anew in each answer,
 * so two calls, of one tool or of two, may share an id.
 */
export function keyOf(tool: unknown, callId: unknown, input: unknown): string {
  return JSON.stringify([tool, callId, input], (_, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  )
}

/** How somebody in the conversation answered an approval request. */
export function answerOf({
  approved,
  reason,
}: Readonly<Record<string, unknown>>): Pick<FoundCall, 'claimed' | 'declined'> {
  return {
    claimed: approved === true,
    ...(approved === false && {
      declined: { reason: typeof reason === 'string' ? reason : undefined },
    }),
  }
}

export function pendingOf(
  found: readonly FoundCall[],
  outcomes: ReadonlyMap<string, CallOutcome>,
): PendingCall[] {
  return found.flatMap(({ tool, callId, input, claimed }) => {
    const outcome = outcomes.get(keyOf(tool, callId, input))
    return outcome && isWaiting(outcome) ? [{ ...outcome, claimed }] : []
  })
}

export function isWaiting({ status }: CallOutcome): boolean {
  return status === 'pending' || status === 'executing'
}
