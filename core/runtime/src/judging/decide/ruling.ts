import type {
  Actor,
  ApprovalRequest,
  Durability,
  EntryDraft,
  GuardResult,
  RejectionReason,
  Reservation,
  Transition,
} from '@loop-engine/core'

/** What somebody asks of a run. */
export interface TransitionCommand {
  /** A transition id, or a signal that is open in the current state. */
  readonly transitionId: string
  readonly actor: Actor
  readonly idempotencyKey?: string
  readonly correlationId?: string
  readonly traceparent?: string
}

export interface Refusal {
  readonly reason: RejectionReason
  readonly message: string
  /** Counters that the commit found full. The guards are asked again: a hard limit refuses for it, a soft one warns. */
  readonly overrun?: readonly string[] | undefined
}

/** What the world looked like when the command was judged. */
export interface TransitionFacts {
  /** Epoch milliseconds. */
  readonly at: number
  readonly durability: Durability
  /** A refusal that was found outside: identity, a stop, or a full counter. */
  readonly refusal?: Refusal
  readonly guards: readonly GuardResult[]
  /** The counters that an execution takes from. */
  readonly reservations?: readonly Reservation[]
  /** The hard guard that did not pass. */
  readonly blockedBy?: GuardResult
  readonly evidence?: { readonly digest: string; readonly bytes: number }
  /** SHA-256 of the action; needed when it waits for approval or has an effect. */
  readonly actionDigest?: string
  readonly effect?: { readonly inputDigest: string; readonly input: string }
  /** The request to open, when policy says that this attempt needs people. */
  readonly request?: ApprovalRequest
  readonly policyDigest?: string
  /** The request that was approved, when this is its execution. */
  readonly approved?: ApprovalRequest
  /** How long the licence of an execution is valid. */
  readonly receiptTtlMs: number
}

export interface EffectOrder {
  readonly kind: 'effect'
  readonly effect: NonNullable<EntryDraft['effect']>
  readonly input: string
}
export interface TimerOrder {
  readonly kind: 'state-timeout'
  readonly transition: string
  readonly after: string
}
/** Cancels the timeout of the state that the run leaves. */
export interface CancelOrder {
  readonly kind: 'cancel-timeout'
  readonly stateVersion: number
}
/** What to enqueue with the entries. */
export type Order = EffectOrder | TimerOrder | CancelOrder

export interface Ruling {
  readonly status: 'executed' | 'pending_approval' | 'guard_failed' | 'rejected'
  readonly transition: Transition | null
  readonly reason?: string
  readonly message?: string
  readonly draft: EntryDraft
  readonly orders: readonly Order[]
}
