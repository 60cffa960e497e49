import type { GuardResult } from './guard-result.ts'
import type { LoopInstance } from './instance.ts'

/** The licence to act that only a commit can mint. Plain data: the store knows whether it is real and unspent. */
export interface Receipt {
  readonly tenant: string
  readonly runId: string
  readonly aggregateId: string
  /** Number of the entry that recorded the execution. */
  readonly seq: number
  /** Hash of the entry that recorded the execution. */
  readonly entry: string
  readonly transitionId: string
  /** What was approved; absent when nothing needed approval and there is no effect. */
  readonly actionDigest?: string
  /** Until when it may be spent, epoch milliseconds. */
  readonly expiresAt: number
}

interface Attempt {
  readonly aggregateId: string
  readonly runId: string
  readonly transitionId: string
  /** Soft guards that failed are here too. */
  readonly guards: readonly GuardResult[]
  /** The run after this attempt was recorded. */
  readonly instance: LoopInstance
  /** The answer that an earlier request with the same key got. */
  readonly replayed?: true
}

/** What became of an attempt. A refusal is data; only misuse and infrastructure throw. */
export type TransitionResult =
  | (Attempt & {
      readonly status: 'executed'
      readonly fromState: string
      readonly toState: string
      readonly receipt: Receipt
    })
  | (Attempt & {
      readonly status: 'pending_approval'
      readonly approvalId: string
      /** Epoch milliseconds. */
      readonly expiresAt: number
    })
  | (Attempt & {
      readonly status: 'guard_failed'
      readonly reason: string
    })
  | (Attempt & {
      readonly status: 'rejected'
      readonly reason: RejectionReason
      readonly message: string
    })

export const rejectionReasons = [
  'unknown_transition',
  'not_from_this_state',
  'final',
  'suspended',
  'stopped',
  'actor_type_not_allowed',
  'role_missing',
  'identity_not_verified',
  'limit_reached',
  'max_transitions',
] as const
export type RejectionReason = (typeof rejectionReasons)[number]
