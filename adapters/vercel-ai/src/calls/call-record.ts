import {
  canonicalize,
  receiptOf,
  parseJson,
  type JsonObject,
  type JsonValue,
  type LoopInstance,
  type Receipt,
} from '@loop-engine/core'
import type { HistoryItem, LoopEngine } from '@loop-engine/sdk'

import type { CallOutcome } from './call-outcome.ts'

/** The permission to run a tool with exactly one input, as the ledger holds it. */
export interface Licence {
  readonly receipt: Receipt
  readonly evidence: JsonObject
}

/** What the ledger knows of one call. */
export interface CallRecord {
  readonly instance: LoopInstance
  /** Canonical JSON of the input that was asked for; null if it was erased. */
  readonly asked: string | null
  readonly approval?: { readonly id: string; readonly expiresAt: number }
  /** How the newest attempt ended, if it did not lead to execution. */
  readonly closed?: 'rejected' | 'expired' | 'withdrawn' | `guard:${string}` | `rejected:${string}`
  /** The reason that the reviewer gave. */
  readonly why?: string
  /** Its evidence is null if it was erased; then the call may not run. */
  readonly licence?: Pick<Licence, 'receipt'> & { readonly evidence: JsonObject | null }
  /** When the licence was spent. */
  readonly begunAt?: number
  /** Evidence of the transition that ended the call. */
  readonly ended?: JsonObject
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] }

/** Reads all entries of a call. They are few: a call that was asked for, approved and run has about six. */
export async function readCall(engine: LoopEngine, instance: LoopInstance): Promise<CallRecord> {
  const record: Writable<CallRecord> = { instance, asked: null }
  const { tenant, aggregateId, runId } = instance
  for await (const item of engine.history({ tenant, aggregateId, runId })) read(record, item)
  return record
}

function read(record: Writable<CallRecord>, { entry, hash, evidence }: HistoryItem): void {
  switch (entry.type) {
    case 'loop.started':
      record.asked = evidence === null ? null : canonicalize(inputOf(evidence))
      return
    case 'loop.approval.requested':
      record.approval = { id: entry.approval?.id ?? '', expiresAt: entry.approval?.expiresAt ?? 0 }
      delete record.closed
      return
    case 'loop.approval.rejected':
      record.closed = 'rejected'
      if (entry.reason !== undefined) record.why = entry.reason
      return
    case 'loop.approval.expired':
      record.closed = 'expired'
      return
    case 'loop.approval.superseded':
      record.closed = 'withdrawn'
      return
    case 'loop.transition.blocked':
      record.closed = `guard:${entry.reason ?? ''}`
      return
    case 'loop.transition.rejected':
      if (entry.transitionId === 'execute') record.closed = `rejected:${entry.reason ?? ''}`
      return
    case 'loop.effect.started':
      if (entry.receipt === record.licence?.receipt.entry) record.begunAt = entry.at
      return
    case 'loop.transition.executed':
      break
    default:
      return
  }
  if (entry.transitionId !== 'execute' && entry.transitionId !== 'retry') {
    record.ended = evidence ?? {}
    return
  }
  delete record.begunAt
  record.licence = { receipt: receiptOf({ seq: entry.seq, hash }, entry), evidence }
}

export function inputOf(evidence: JsonObject): JsonValue {
  return evidence['input'] ?? null
}

/** The licensed input and whether a reviewer edited it; without a licence, the input that was asked for. */
export function inputFacts(
  asked: string | null,
  evidence: JsonObject | null | undefined,
): Pick<CallOutcome, 'input' | 'edited'> {
  if (evidence) {
    const input = inputOf(evidence)
    return { input, edited: asked !== null && canonicalize(input) !== asked }
  }
  return asked === null
    ? { edited: false }
    : { input: parseJson(asked) as JsonValue, edited: false }
}
