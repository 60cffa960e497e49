import { parseJson, type Clock, type JsonValue } from '@loop-engine/core'
import type { LoopEngine } from '@loop-engine/sdk'
import QuickLRU from 'quick-lru'

import type { ModelWitness } from '../models/model-witness.ts'
import type { CallLedger, ToolCall } from './call-ledger.ts'
import type { CallLoop } from './call-loop.ts'
import { outcomeOf, type CallOutcome, type Subject } from './call-outcome.ts'
import { readCall, type CallRecord, type Licence } from './call-record.ts'
import { readOutcome } from './read-outcome.ts'
import { isOnRecord, isThisCall } from './same-call.ts'
import type { TakenInput } from './take-input.ts'
import type { ToolPolicy } from './tool-policy.ts'

/** What governs one tool. Exists once the loop is registered and the tool's definition is digested. */
export interface Governed {
  readonly loop: CallLoop
  readonly policy: ToolPolicy
  /** Digest of what a model is told about the tool: another tool under the same name does not inherit approvals. */
  readonly digest: string
}

export interface Attempt {
  readonly call: ToolCall
  readonly governed: Governed
  /** The input that the caller gave; absent when only the ledger has it. */
  readonly input?: TakenInput
  /** The call comes from a conversation, which a client may have written, so it must be on record already. */
  readonly fromHistory: boolean
  /** The tool or its caller asked for approval in the chat, and nobody there has given it. */
  readonly isUnanswered?: boolean | undefined
}

interface Known {
  readonly asked: string
  readonly licence?: Licence
}
/** Permission to run, with the record of the call unless this process has just written it. */
export interface Leave {
  readonly licence: Licence
  readonly record?: CallRecord
  readonly outcome?: undefined
}
/** Permission to run, or the outcome of a call that does not run now. */
type Judgement = Leave | { readonly outcome: CallOutcome }

/**
 * Decides whether a call may run: from what this process just wrote, from the call's record, or by asking the engine.
 */
export interface Judge {
  open(attempt: Attempt): Promise<void>
  leave(attempt: Attempt): Promise<Judgement>
  /** Drops what this process remembers of a call, so that its record is read from the ledger again. */
  forget(aggregateId: string): void
}

export interface JudgeOptions {
  readonly engine: LoopEngine
  readonly ledger: CallLedger
  readonly clock: Pick<Clock, 'now'>
  /** Given under `strict`: a call is put on record only if a governed model asked for it. */
  readonly witness?: Pick<ModelWitness, 'take'>
}

export function createJudge({ engine, ledger, clock, witness }: JudgeOptions): Judge {
  // Remembers what was just written, so that it need not be read back. Forgetting an item only costs a read.
  const known = new QuickLRU<string, Known>({ maxSize: 1000 })
  const judging = new Map<string, Promise<unknown>>()

  return {
    leave,
    forget: (aggregateId) => known.delete(aggregateId),

    async open({ call, governed, input, fromHistory }) {
      if (!input || fromHistory || known.get(call.aggregateId)) return
      if (await ledger.find(call.aggregateId)) return
      if (await isProposed(call)) await openNew(call, governed, input)
    },
  }

  /** Judges a call when its earlier judgements are done, so that no reviewer is asked twice. */
  async function leave(attempt: Attempt): Promise<Judgement> {
    const { aggregateId } = attempt.call
    const look = (): Promise<Judgement> => lookUp(attempt)
    const mine = judging.get(aggregateId)?.then(look, look) ?? look()
    judging.set(aggregateId, mine)
    try {
      return await mine
    } finally {
      if (judging.get(aggregateId) === mine) judging.delete(aggregateId)
    }
  }

  async function lookUp(attempt: Attempt): Promise<Judgement> {
    const { call, governed, input, fromHistory, isUnanswered } = attempt
    const recent = isUnanswered ? undefined : known.get(call.aggregateId)
    if (input && recent?.asked === input.text)
      return recent.licence ? { licence: recent.licence } : ask(attempt, input.json)
    let instance = await ledger.find(call.aggregateId)
    if (!instance && input && !fromHistory) {
      if (!(await isProposed(call)))
        return refusal(call, 'ungoverned_model', 'no governed model asked for it.')
      if (await openNew(call, governed, input)) return ask(attempt, input.json)
      instance = await ledger.find(call.aggregateId)
    }
    if (!instance) return refusal(call, 'unrecorded', 'this call is not on record.')
    if (!isThisCall(instance, call, governed.loop))
      return refusal(call, 'other_call', 'another call is on record under its id.')
    return fromRecord(attempt, await readCall(engine, instance))
  }

  /** Takes the model's proposal under the key of the call, so that the call can take it again after a crash. */
  async function isProposed({ tool, callId, aggregateId }: ToolCall): Promise<boolean> {
    if (!witness) return true
    return witness.take({ toolName: tool, toolCallId: callId, wantedBy: aggregateId })
  }

  /** Opens a call. True if it is on record with this input, and nothing has happened to it since. */
  async function openNew(
    call: ToolCall,
    { loop, digest }: Governed,
    input: TakenInput,
  ): Promise<boolean> {
    const isNew = (await ledger.open(call, loop, input, digest))?.version === 1
    if (isNew) known.set(call.aggregateId, { asked: input.text })
    return isNew
  }

  async function fromRecord(attempt: Attempt, record: CallRecord): Promise<Judgement> {
    const { call, governed, input } = attempt
    const { instance, licence, asked, closed } = record
    if (input && !isOnRecord(input, record))
      return refusal(call, 'input_mismatch', 'its input is not what is on record.')
    const outcome = readOutcome(call, governed.loop, record, clock.now())
    if (outcome) return { outcome }
    // The call may still run, so the tool must be the one that was asked for.
    if (instance.metadata['digest'] !== governed.digest)
      return refusal(call, 'tool_changed', 'the tool has changed since the call was made.')
    if (licence?.evidence) return { licence: { ...licence, evidence: licence.evidence }, record }
    if (licence || asked === null)
      return refusal(call, 'erased', 'its input was erased from the record.')
    if (closed) return deny(call, closed)
    return ask(attempt, parseJson(asked) as JsonValue)
  }

  async function ask(attempt: Attempt, input: JsonValue): Promise<Judgement> {
    const { call, isUnanswered } = attempt
    if (isUnanswered)
      return { outcome: outcomeOf(call, 'pending', { input, reason: 'unanswered' }) }
    const evidence = { input }
    const result = await ledger.ask(call, evidence)
    const asked = known.get(call.aggregateId)?.asked
    known.delete(call.aggregateId)
    switch (result.status) {
      case 'executed': {
        const licence = { receipt: result.receipt, evidence }
        if (asked !== undefined) known.set(call.aggregateId, { asked, licence })
        return { licence }
      }
      case 'pending_approval': {
        const { approvalId } = result
        return { outcome: outcomeOf(call, 'pending', { approvalId, input }) }
      }
      case 'guard_failed': {
        const guard = result.guards.find(({ id }) => id === result.reason)
        return deny(call, `guard:${result.reason}`, guard?.message)
      }
      case 'rejected':
        // Another process moved the call first.
        if (result.reason === 'not_from_this_state' || result.reason === 'final')
          return lookUp(attempt)
        return deny(call, result.reason, result.message)
    }
  }

  /**
   * Denies a call for good: the model is told that it did not run, so no replay may run it later. A stop may keep the
   * denial off the record.
   */
  async function deny(
    call: ToolCall,
    reason: string,
    why = 'a guard did not pass.',
  ): Promise<Judgement> {
    await ledger.step(call, 'deny', { reason })
    return { outcome: outcomeOf(call, 'denied', { reason }, why) }
  }
}

export function refusal(call: Subject, reason: string, why: string): { outcome: CallOutcome } {
  return { outcome: outcomeOf(call, 'refused', { reason }, why) }
}
