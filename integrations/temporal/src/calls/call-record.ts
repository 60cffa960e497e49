import { receiptOf, type JsonObject, type LoopInstance, type Receipt } from '@loop-engine/core'
import type { LoopEngine } from '@loop-engine/sdk'

/** What the ledger knows of one governed call. */
export interface CallRecord {
  readonly instance: LoopInstance
  /** Evidence of the start: the input that was asked for; null if it was erased. */
  readonly asked: JsonObject | null
  /**
   * The newest permission to run, and exactly what it permits. Its evidence is null if it was erased: nothing runs
   * then.
   */
  readonly licence?: { readonly receipt: Receipt; readonly evidence: JsonObject | null }
  /** Whether the licence was spent. */
  readonly begun: boolean
  /** Evidence of the transition that ended the call. */
  readonly ended: JsonObject
  /** Why the newest attempt did not lead to execution. */
  readonly reason?: string
}

/** The reason of a call whose approval request was withdrawn. Nobody is asked about the call again. */
export const withdrawn = 'withdrawn'

type Writable<T> = { -readonly [Key in keyof T]: T[Key] }

/** Reads all entries of a call; a call that was asked for, approved and run has about six. */
export async function readCall(engine: LoopEngine, instance: LoopInstance): Promise<CallRecord> {
  const { tenant, aggregateId, runId } = instance
  const record: Writable<CallRecord> = { instance, asked: null, begun: false, ended: {} }
  for await (const { entry, hash, evidence } of engine.history({ tenant, aggregateId, runId })) {
    switch (entry.type) {
      case 'loop.started':
        record.asked = evidence
        break
      case 'loop.effect.started':
        if (entry.receipt === record.licence?.receipt.entry) record.begun = true
        break
      case 'loop.approval.requested':
        delete record.reason
        break
      case 'loop.approval.superseded':
        record.reason = entry.approval?.decision === 'withdraw' ? withdrawn : 'superseded'
        break
      case 'loop.approval.rejected':
      case 'loop.approval.expired':
        record.reason = entry.type.slice('loop.approval.'.length)
        break
      case 'loop.transition.blocked':
        record.reason = `guard:${entry.reason ?? ''}`
        break
      case 'loop.transition.executed':
        if (entry.transitionId !== 'execute' && entry.transitionId !== 'retry') {
          record.ended = evidence ?? {}
          break
        }
        record.begun = false
        record.licence = { receipt: receiptOf({ seq: entry.seq, hash }, entry), evidence }
        break
      default:
        break
    }
  }
  return record
}
