import type { JsonObject } from '../json/json.ts'
import type { Actor } from '../model/actor.ts'
import type { GuardResult } from '../model/guard-result.ts'
import type { Durability, InstanceStatus } from '../model/instance.ts'
import type { Reservation } from '../model/reservation.ts'

export const entryTypes = [
  'loop.started',
  'loop.transition.requested',
  'loop.transition.executed',
  'loop.transition.blocked',
  'loop.transition.rejected',
  'loop.approval.requested',
  'loop.approval.decided',
  'loop.approval.approved',
  'loop.approval.rejected',
  'loop.approval.expired',
  'loop.approval.escalated',
  'loop.approval.superseded',
  'loop.effect.started',
  'loop.effect.succeeded',
  'loop.effect.failed',
  'loop.effect.unknown',
  'loop.completed',
  'loop.failed',
  'loop.cancelled',
  'loop.suspended',
  'loop.resumed',
  'loop.signal.received',
  'loop.outcome.recorded',
  'loop.spawned',
  'loop.migrated',
  'loop.evidence.erased',
  'loop.stopped',
  'loop.released',
] as const
export type EntryType = (typeof entryTypes)[number]

/** One recorded decision. Its canonical JSON is what is hashed, and what is stored. */
export interface LedgerEntry {
  readonly v: 1
  readonly tenant: string
  readonly loopId: string
  readonly aggregateId: string
  readonly runId: string
  /** 1, 2, 3, … within the run. */
  readonly seq: number
  /** Hash of entry `seq - 1`; 64 zeros for the first. */
  readonly prevHash: string
  readonly type: EntryType
  /** Epoch milliseconds, monotone within the run. */
  readonly at: number
  readonly durability: Durability
  /** Digest of the definition that judged. */
  readonly definition: string
  readonly actor: Actor
  readonly transitionId?: string
  readonly fromState?: string
  /** Present when the state changed. */
  readonly toState?: string
  /** Present when the status changed, and on the first entry. */
  readonly status?: InstanceStatus
  readonly guards?: readonly GuardResult[]
  /** What this execution took of limits; it stays when the evidence that it was read from is erased. */
  readonly counters?: readonly Reservation[]
  /** `SHA-256(salt ‖ "\n" ‖ canonical evidence)`; the evidence itself lies beside the entry and may be erased. */
  readonly evidence?: { readonly digest: string; readonly bytes: number }
  /** SHA-256 over { tenant, runId, stateVersion, definition, transitionId, evidence digest, effect }. */
  readonly actionDigest?: string
  readonly approval?: {
    readonly id: string
    readonly revision: number
    readonly viewHash: string
    readonly decision?: string
    readonly stage?: number
    /** Principal ids whose approvals this execution rests on. */
    readonly reviewers?: readonly string[]
    /** By whom the delegates among them had their votes. */
    readonly handedOnBy?: readonly string[]
    /** For whom all of those acted. */
    readonly onBehalfOf?: readonly string[]
    readonly policyDigest?: string
    readonly expiresAt?: number
  }
  readonly effect?: {
    readonly id: string
    readonly integration: string
    readonly action: string
    readonly semantics: 'idempotent' | 'at-most-once'
    readonly inputDigest: string
    /** 1 for the first. */
    readonly attempt?: number
  }
  /** Hash of the executed entry whose licence this entry spends. */
  readonly receipt?: string
  /** Until when the licence that this entry mints may be spent. */
  readonly receiptExpiresAt?: number
  /** Stable code of a refusal, a failure or a change. */
  readonly reason?: string
  readonly message?: string
  readonly idempotencyKey?: string
  readonly correlationId?: string
  /** W3C trace context of the request. */
  readonly traceparent?: string
  /** Values for the event's readers: metadata and tags at start, a stop's scope, an erased seq, … */
  readonly data?: JsonObject
}

/** An entry as decided, before the chain has sealed it. */
export type EntryDraft = Omit<LedgerEntry, 'v' | 'prevHash' | 'seq'>

/** An entry as stores keep it: `body` is exactly the text that was hashed. */
export interface StoredEntry {
  readonly runId: string
  /** 1 for the first of its run. */
  readonly seq: number
  readonly type: EntryType
  readonly transitionId: string | null
  /** Epoch milliseconds. */
  readonly at: number
  readonly hash: string
  readonly body: string
  /** Canonical JSON of the evidence, or null when there is none or it was erased. */
  readonly evidence: string | null
  readonly salt: string | null
}
