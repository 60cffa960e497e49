import type { JsonObject, JsonValue } from '../json/json.ts'
import type { Actor, Principal } from './actor.ts'
import type { ApprovalPolicy } from './definition.ts'
import type { GuardResult } from './guard-result.ts'

export const approvalStatuses = [
  'pending',
  'approved',
  'rejected',
  'expired',
  'superseded',
  'cancelled',
] as const
export type ApprovalStatus = (typeof approvalStatuses)[number]

export const decisionKinds = ['approve', 'reject', 'edit', 'respond', 'abstain'] as const
export type DecisionKind = (typeof decisionKinds)[number]

/** What is said of whoever decided so. */
export const decisionWords: Readonly<Record<DecisionKind, string>> = {
  approve: 'approved',
  reject: 'rejected',
  edit: 'edited and approved',
  respond: 'asked',
  abstain: 'abstained',
}

/** Where work belongs in a trace: kept beside what is recorded, never in what is hashed. */
export interface TraceContext {
  /** W3C Trace Context. */
  readonly traceparent: string
  readonly tracestate?: string
  /** `traceparent` of what also led to it, such as a person's decision. */
  readonly link?: string
}

/** One reviewer's decision, as recorded. */
export interface ApprovalDecision {
  readonly decision: DecisionKind
  readonly reviewer: Actor
  /** Index of the stage that waited, from 0. */
  readonly stage: number
  /** The revision that the reviewer saw; an edit makes the next one. */
  readonly revision: number
  /** Of an approval by a delegate: by whom it had the vote, the last first. */
  readonly handedOnBy?: readonly string[]
  readonly reason?: string
  /** Epoch milliseconds. */
  readonly at: number
}

/** Somebody handed a decision on. */
export interface Delegation {
  readonly from: string
  /** For whom that person acted. */
  readonly onBehalfOf?: Principal
  readonly to: string
  /** Of which stage the decision was handed on. */
  readonly stage: number
  /** Epoch milliseconds. */
  readonly at: number
}

/** One field of what a reviewer sees, rendered from typed data. */
export interface ViewField {
  /** JSON Pointer into the evidence. */
  readonly path: string
  readonly label: string
  readonly value: JsonValue
  /** Written by a model: show it as such, never as an instruction. */
  readonly fromModel: boolean
}

/** What a reviewer sees. The engine renders it from the action itself, never from model prose. */
export interface ApprovalView {
  readonly title: string
  readonly loop: { readonly id: string; readonly name: string; readonly version: string }
  readonly aggregateId: string
  readonly transition: {
    readonly id: string
    readonly from: string
    readonly to: string
    readonly description?: string
    readonly risk?: string
  }
  readonly requester: {
    readonly type: string
    readonly id: string
    readonly displayName?: string
    readonly model?: string
    readonly onBehalfOf?: string
  }
  readonly fields: readonly ViewField[]
  /** What will run, with the exact input. */
  readonly effect?: {
    readonly integration: string
    readonly action: string
    readonly input: JsonValue
  }
  /** Soft guards that warned. */
  readonly warnings: readonly string[]
  /** What happens when nobody decides. */
  readonly ifNothing: string
  /** Epoch milliseconds. */
  readonly expiresAt: number
}

/** A transition that waits for people. Decisions bind to `revision`, `actionDigest` and `viewHash`. */
export interface ApprovalRequest {
  readonly id: string
  readonly tenant: string
  readonly loopId: string
  readonly aggregateId: string
  readonly runId: string
  readonly transitionId: string
  readonly requester: Actor
  /** Counts edits, from 1. */
  readonly revision: number
  /** The instance's `stateVersion` at request; if the instance moves the request is superseded. */
  readonly stateVersion: number
  /** What will be recorded and acted upon, byte for byte; null once erased. */
  readonly evidence: JsonObject | null
  /** Salt of the evidence digest inside `actionDigest`. */
  readonly salt: string
  readonly actionDigest: string
  readonly view: ApprovalView
  readonly viewHash: string
  readonly policy: ApprovalPolicy
  /** Index of the stage that is waiting. */
  readonly stage: number
  readonly decisions: readonly ApprovalDecision[]
  readonly delegations: readonly Delegation[]
  /** Reviewers added by escalation. */
  readonly escalated: readonly string[]
  readonly status: ApprovalStatus
  /** What each channel returned for the message that it sent; by channel name. */
  readonly messages: JsonObject
  readonly guards: readonly GuardResult[]
  /** Epoch milliseconds. */
  readonly createdAt: number
  /** When nobody decides any more, epoch milliseconds. */
  readonly expiresAt: number
  /** When it ended, however it did, epoch milliseconds; null while it waits. */
  readonly decidedAt: number | null
  /** Hash of the entry that executed the transition. */
  readonly executedBy: string | null
  /** Of whoever asked; only under telemetry. */
  readonly trace?: TraceContext
}

/** Approvals that count for the current revision: an edit approves what it made, and voids what was approved before it. */
export function approvalsOf({
  decisions,
  revision,
}: Pick<ApprovalRequest, 'decisions' | 'revision'>): readonly ApprovalDecision[] {
  return decisions.filter(
    (made) =>
      made.revision === revision && (made.decision === 'approve' || made.decision === 'edit'),
  )
}

/** Who handed a decision on, with whom that person acted for. */
export function delegatorOf({ from, onBehalfOf }: Delegation): Principal {
  return { type: 'human', id: from, ...(onBehalfOf && { onBehalfOf }) }
}

/** Those by whom the delegate of a vote had it. */
export function delegatorsOf(
  { delegations }: Pick<ApprovalRequest, 'delegations'>,
  { handedOnBy = [] }: Pick<ApprovalDecision, 'handedOnBy'>,
): readonly Principal[] {
  return delegations.filter(({ from }) => handedOnBy.includes(from)).map(delegatorOf)
}
