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

/** What governs one tool; ready once its loop is registered and its definition digested. */
export interface Governed {
  readonly loop: CallLoop
  readonly policy: ToolPolicy
  /** Pins description and schema: another tool under the same name does not inherit approvals. */
  readonly digest: string
}

export interface Attempt {
  readonly call: ToolCall
  readonly governed: Governed
  /** As the caller gave it; absent when the ledger alone knows. */
  readonly input?: TakenInput
  /** Taken from a conversation that a client may have written: it must be on record already. */
  readonly fromHistory: boolean
  /** Asked for in the chat, by the tool itself or by its caller, and nobody there has said yes. */
  readonly isUnanswered?: boolean | undefined
}

interface Known {
  readonly asked: string
  readonly licence?: Licence
}
/** Leave to run; with the record of the call unless this process has just written it. */
export interface Leave {
  readonly licence: Licence
  readonly record?: CallRecord
  readonly outcome?: undefined
}
/** Leave, or what became of the call. */
type Judgement = Leave | { readonly outcome: CallOutcome }

/** Finds out whether a call may run: by what this process just wrote, by its record, or by asking the engine. */
export interface Judge {
  open(attempt: Attempt): Promise<void>
  leave(attempt: Attempt): Promise<Judgement>
  /** What this process wrote about a call is read back from now on. */
  forget(aggregateId: string): void
}

export interface JudgeOptions {
  readonly engine: LoopEngine
  readonly ledger: CallLedger
  readonly clock: Pick<Clock, 'now'>
  /** Under `strict`: a call comes on record only if a governed model asked for it. */
  readonly witness?: Pick<ModelWitness, 'take'>
}

export function createJudge({ engine, ledger, clock, witness }: JudgeOptions): Judge {
  // Saves reading back what was written a moment ago; forgetting it costs a read, nothing else.
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

  /** One judgement of a call at a time, so that nobody is asked twice. */
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
      return refusal(call, 'other_call', 'the record of its id belongs to another call.')
    return fromRecord(attempt, await readCall(engine, instance))
  }

  /** Taken before the call is opened and under its key, so that a crash between the two costs nothing. */
  async function isProposed({ tool, callId, aggregateId }: ToolCall): Promise<boolean> {
    if (!witness) return true
    return witness.take({ toolName: tool, toolCallId: callId, wantedBy: aggregateId })
  }

  /** Whether it was opened with this input, and nothing has happened to it since. */
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
    // It may still run, so it must be the tool that was asked for.
    if (instance.metadata['digest'] !== governed.digest)
      return refusal(call, 'tool_changed', 'the tool is not what it was when the call was made.')
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
        // Another process was asked first.
        if (result.reason === 'not_from_this_state' || result.reason === 'final')
          return lookUp(attempt)
        return deny(call, result.reason, result.message)
    }
  }

  /** For good: the model was told that it did not run, so no replay may run it later. A stop may keep this off the record. */
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
