import type { JsonValue } from '@loop-engine/core'

import type { Attempt, Governed } from '../calls/call-judge.ts'
import { errorOf, type CallOutcome, type Subject } from '../calls/call-outcome.ts'
import type { Governor } from '../calls/governor.ts'
import type { Runner, Settled } from '../calls/run-licensed.ts'
import { takeInput } from '../calls/take-input.ts'
import { abortSignalOf } from '../fields.ts'
import { asking, statusOf, type ToolApprovalStatus } from './approval-status.ts'
import { asksFirst, mayAskFirst } from './asks-first.ts'
import { boundTool } from './bound-tool.ts'
import { contextOf, isInHistory } from './call-context.ts'
import { faultError, faultOutcome } from './call-fault.ts'
import type { CallSite } from './call-site.ts'
import { createEditNotes } from './edit-notes.ts'
import type { ToolCallContext, ToolLike } from './govern-options.ts'
import { finish, isGenerator, streamOf } from './stream-of.ts'
import { keepCaller } from './tool-caller.ts'
import { parseInput } from './tool-definition.ts'
import { modelOutputOf, type ToolResult } from './tool-output.ts'

export interface GovernedTool {
  readonly name: string
  readonly tool: ToolLike
  /** The tool to hand to the SDK. */
  readonly wrapped: ToolLike
  readonly approve: (input: unknown, options: unknown) => Promise<ToolApprovalStatus>
  /** Settles a call of a conversation by its record. */
  readonly settle: (recorded: RecordedCall) => Promise<CallOutcome>
}

/** A call that must be on record already. */
export interface RecordedCall {
  readonly context: ToolCallContext
  /** The input in the conversation; absent when only the ledger is asked. */
  readonly input?: unknown
  /** Names the conversation in place of the option `run`. */
  readonly run?: string | undefined
  /** The conversation holds an approval request for the call. */
  readonly requested?: boolean
  /** The conversation says that the call is approved. Counts only for a question that was asked in the chat alone. */
  readonly claimed?: boolean
  /** Somebody in the conversation said no, perhaps with a reason. */
  readonly declined?: { readonly reason: string | undefined } | undefined
  readonly signal?: AbortSignal | undefined
}

export interface GovernedToolOptions {
  readonly name: string
  readonly tool: ToolLike
  readonly governor: Governor
  readonly governed: () => Promise<Governed>
  readonly callOf: CallSite
  /** Whether the SDK should pause for approval, by `needsApproval`. */
  readonly pauses: boolean
  /** Leaves `execute` out. `ai` 5 has no approvals, so `resume` runs a tool that may need one. */
  readonly withoutExecute: boolean
  /** Whether a reviewer may change the input; the model must be told of such an edit. */
  readonly maybeEdited: boolean
}

type Execute = (input: unknown, options: unknown) => unknown

/** Wraps one tool so that its `execute` runs only calls that the ledger permits. */
export function governTool(options: GovernedToolOptions): GovernedTool {
  const { name, tool, governor, governed, callOf, pauses } = options
  const { withoutExecute, maybeEdited } = options
  const original = tool.execute as Execute
  const notes = createEditNotes()

  const subjectOf = (given: unknown): Subject => ({
    tool: name,
    callId: contextOf(name, given).callId,
    aggregateId: '',
  })
  const attemptOf = async (input: unknown, given: unknown): Promise<Attempt> => {
    const context = contextOf(name, given)
    const taken = takeInput(input)
    return {
      call: callOf(context),
      governed: await governed(),
      input: taken,
      fromHistory: isInHistory(context),
    }
  }
  const runnerOf = (given: unknown, emit?: (part: unknown) => void): Runner => ({
    parse: (json: JsonValue) => parseInput(tool, json),
    run: (value) => finish(original(value, given), emit),
    signal: abortSignalOf(given),
  })
  const settle = async (
    input: unknown,
    given: unknown,
    emit?: (part: unknown) => void,
  ): Promise<unknown> => {
    let settled: Settled
    try {
      settled = await governor.settle(await attemptOf(input, given), runnerOf(given, emit))
    } catch (error) {
      throw faultError(subjectOf(given), error)
    }
    const value = valueOf(settled)
    notes.keep(settled.outcome, { toolCallId: settled.outcome.callId, input, output: value })
    return value
  }
  const execute: Execute = isGenerator(original)
    ? (input, given) => streamOf((emit) => settle(input, given, emit))
    : (input, given) => settle(input, given)

  const approve: GovernedTool['approve'] = async (input, given) => {
    // The SDK asks again about a call that paused before. It must still need approval, because `ai` 6 refuses an
    // approval of a call that needs none; `execute` then reads the ledger.
    const asks = asking(`${name} asks for approval.`)
    if (isInHistory(contextOf(name, given))) return asks
    const isAsking = await asksFirst(tool, input, given)
    try {
      const attempt = await attemptOf(input, given)
      // Not every release calls `onInputAvailable` first, and only a call on record can be answered.
      if (isAsking) return await governor.open(attempt).then(() => asks)
      const outcome = await governor.judge(attempt)
      return outcome ? statusOf(outcome) : 'not-applicable'
    } catch (error) {
      return statusOf(faultOutcome(subjectOf(given), error))
    }
  }
  const onInputAvailable = async (given: { input: unknown }): Promise<void> => {
    try {
      const attempt = await attemptOf(given.input, given)
      await governor.open(attempt)
      if (withoutExecute) await governor.judge(attempt)
    } catch (error) {
      // A fault of this call alone must not end the answer; `approve`, `execute` or `resume` tells the model of it.
      faultOutcome(subjectOf(given), error)
    }
    await (tool.onInputAvailable as ((given: unknown) => unknown) | undefined)?.(given)
  }

  const { execute: _, ...rest } = tool
  const wrapped: ToolLike = {
    ...rest,
    onInputAvailable,
    ...(!withoutExecute && { execute }),
    ...(pauses && {
      needsApproval: async (input: unknown, given: unknown) => {
        const status = await approve(input, given)
        return typeof status === 'object' && status.type === 'user-approval'
      },
    }),
    ...(maybeEdited && {
      toModelOutput: async (given: ToolResult) =>
        notes.noted(given, await modelOutputOf(tool, given)),
    }),
  }

  return {
    name,
    tool,
    approve,
    wrapped: keepCaller(
      tool,
      wrapped,
      (bound) => governTool({ ...options, tool: boundTool(bound) }).wrapped,
    ),
    async settle({ context, input, run, requested, claimed, declined, signal }) {
      const { callId: toolCallId, messages, context: handed } = context
      const given = {
        toolCallId,
        messages,
        context: handed,
        experimental_context: handed,
        ...(signal && { abortSignal: signal }),
      }
      let call = subjectOf(given)
      try {
        const known = callOf(context, run)
        call = known
        const attempt: Attempt = {
          call: known,
          governed: await governed(),
          fromHistory: true,
          isUnanswered:
            !claimed && (requested || (pauses && (await mayAskFirst(tool, input, given)))),
          ...(input !== undefined && { input: { ...takeInput(input), isStored: true } }),
        }
        if (declined) await governor.withdraw(attempt, declined.reason)
        return (await governor.settle(attempt, runnerOf(given))).outcome
      } catch (error) {
        return faultOutcome(call, error)
      }
    },
  }
}

function valueOf({ outcome, live }: Settled): unknown {
  if (live && 'value' in live) return live.value
  if (outcome.status === 'executed') return outcome.output
  // The tool's own error, as the caller would get it without governance.
  if (live && outcome.status === 'failed') throw live.error
  throw errorOf(outcome)
}
