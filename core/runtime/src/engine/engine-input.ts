import type { Actor, JsonObject, KnownKeys } from '@loop-engine/core'

/** Names a run by its business key and tenant. */
export interface Target {
  readonly aggregateId: string
  /** `default` unless given. */
  readonly tenant?: string
}

export interface StartInput extends Target {
  readonly loopId: string
  readonly actor: Actor
  readonly metadata?: JsonObject
  /** For `find`. Like `metadata`, they never change. */
  readonly tags?: readonly string[]
  readonly evidence?: object
  readonly correlationId?: string
  /** The same key and input get the same run. */
  readonly idempotencyKey?: string
  /** W3C Trace Context, of whoever asks. */
  readonly traceparent?: string
}

export interface TransitionInput extends Target {
  /** The id of a transition; or give `signal`, never both. */
  readonly transitionId?: string
  /** What happened; takes the one transition that this signal opens in the current state. */
  readonly signal?: string
  readonly actor: Actor
  /** JSON that guards judge and reviewers see; kept beside the entry. */
  readonly evidence?: object
  /** The same key and command get the same answer; see invariant 12. */
  readonly idempotencyKey?: string
  readonly correlationId?: string
  /** W3C Trace Context, of whoever asks. */
  readonly traceparent?: string
  readonly expected?: Expected
  /**
   * Where to report that the approval request which this attempt opens was closed. The channel named `callback` sends a
   * message that says only that; its receiver reads the request again.
   */
  readonly callbackUrl?: string
}

/** The run as the caller saw it. If it has moved since, `conflict` (reason `moved`) is thrown and nothing is recorded. */
export interface Expected {
  readonly runId: string
  readonly version: number
}

export interface ChangeInput extends Target {
  readonly actor: Actor
  readonly reason: string
  readonly evidence?: object
  readonly expected?: Expected
}

export interface MigrateInput extends Target {
  readonly actor: Actor
  readonly reason: string
  readonly expected?: Expected
  /** The state in which to continue, if the new definition lacks the current one, or makes it terminal. */
  readonly state?: string
}

export interface EraseInput extends ChangeInput {
  /** Number of the entry whose evidence is erased. */
  readonly seq: number
  /** An older run of the business key; the newest if left out. */
  readonly runId?: string
}

const target: KnownKeys<Target> = { aggregateId: true, tenant: true }

export const startKeys: KnownKeys<StartInput> = {
  ...target,
  loopId: true,
  actor: true,
  metadata: true,
  tags: true,
  evidence: true,
  correlationId: true,
  idempotencyKey: true,
  traceparent: true,
}

export const transitionKeys: KnownKeys<TransitionInput> = {
  ...target,
  transitionId: true,
  signal: true,
  actor: true,
  evidence: true,
  idempotencyKey: true,
  correlationId: true,
  traceparent: true,
  expected: true,
  callbackUrl: true,
}

export const changeKeys: KnownKeys<ChangeInput> = {
  ...target,
  actor: true,
  reason: true,
  evidence: true,
  expected: true,
}

export const migrateKeys: KnownKeys<MigrateInput> = {
  ...target,
  actor: true,
  reason: true,
  expected: true,
  state: true,
}

export const eraseKeys: KnownKeys<EraseInput> = { ...changeKeys, seq: true, runId: true }
