import { isRecord } from '@loop-engine/core'

import type { CallOutcome } from '../calls/call-outcome.ts'
import { fieldsOf, objectsOf } from '../fields.ts'
import {
  answerOf,
  isWaiting,
  keyOf,
  pendingOf,
  type FoundCall,
  type Resumed,
  type ResumeSource,
  type SettleAll,
} from './resumed.ts'

type Part = Record<string, unknown>

/** Puts the results of the ledger into the tool parts of UI messages, as `useChat` shows and stores them. */
export async function resumeUiMessages(
  source: ResumeSource,
  messages: readonly unknown[],
  settleAll: SettleAll,
  tells: boolean,
): Promise<Resumed<unknown>> {
  const parts = messages.flatMap(partsOf)
  const found = parts.flatMap((part) => callOf(source, part))
  const outcomes = await settleAll([], found)
  const open: string[] = []

  const settle = (part: Part): Part => {
    const [call] = callOf(source, part)
    const outcome = call && outcomes.get(keyOf(call.tool, call.callId, call.input))
    if (!outcome) return part
    if (!isWaiting(outcome)) return settledPart(part, outcome, source.sdk)
    // A claimed result of a call that waits is replaced, because the ledger has none.
    if (tells || hasResult(part)) return errorPart(part, outcome)
    open.push(outcome.callId)
    return part
  }
  return {
    messages: messages.map((message) =>
      isRecord(message) && partsOf(message).some((part) => callOf(source, part).length > 0)
        ? { ...message, parts: partsOf(message).map(settle) }
        : message,
    ),
    calls: [...outcomes.values()],
    pending: pendingOf(found, outcomes),
    ready: open.length === 0,
  }
}

function partsOf(message: unknown): readonly Part[] {
  return objectsOf(fieldsOf(message)['parts'])
}

function callOf({ tools }: ResumeSource, part: Part): FoundCall[] {
  const { type, toolName, toolCallId, input, state, approval } = part
  const name =
    type === 'dynamic-tool'
      ? String(toolName)
      : typeof type === 'string' && type.startsWith('tool-')
        ? type.slice('tool-'.length)
        : undefined
  if (name === undefined || !tools.has(name)) return []
  if (state === 'input-streaming' || typeof toolCallId !== 'string') return []
  const answer = answerOf(fieldsOf(approval))
  return [{ tool: name, callId: toolCallId, input, requested: isRecord(approval), ...answer }]
}

function hasResult({ state }: Part): boolean {
  return typeof state === 'string' && state.startsWith('output-')
}

function settledPart(part: Part, outcome: CallOutcome, sdk: ResumeSource['sdk']): Part {
  const { status, output, input, approvalId, message, callId } = outcome
  if (status === 'executed') {
    const kept = part['state'] === 'output-available' ? part['output'] : null
    return {
      ...bare(part),
      state: 'output-available',
      // The input that ran, which a reviewer may have changed.
      input: input ?? part['input'],
      output: output ?? kept,
      ...approvedOf(part),
    }
  }
  if (sdk === 5 || (status !== 'denied' && status !== 'expired')) return errorPart(part, outcome)
  const { id = approvalId ?? callId } = fieldsOf(part['approval'])
  return {
    ...bare(part),
    state: 'output-denied',
    approval: { id, approved: false, reason: message },
  }
}

function errorPart(part: Part, { message }: CallOutcome): Part {
  return { ...bare(part), state: 'output-error', errorText: message, ...approvedOf(part) }
}

/** The approval of the part, if it was given: the SDK accepts no other approval beside a result. */
function approvedOf({ approval }: Part): Part {
  return fieldsOf(approval)['approved'] === true ? { approval } : {}
}

/** The call alone, also without a claim that the provider ran it: governed tools run here. */
function bare(part: Part): Part {
  const { output: _, errorText: __, approval: ___, preliminary: ____, ...rest } = part
  const { providerExecuted: _____, ...call } = rest
  return call
}
