import { canonicalize, type JsonValue } from '@loop-engine/core'

import type { CallOutcome } from './call-outcome.ts'
import { isObject, partsOf } from './call-site.ts'
import {
  isWaiting,
  type FoundCall,
  type Resumed,
  type ResumeSource,
  type SettleAll,
} from './resumed.ts'
import { isErrorOutput, settledOutput, type ModelOutput } from './tool-output.ts'

type Part = Record<string, unknown>

/** Puts what the ledger holds into model messages: one tool message after each step, with every result of the step. */
export async function resumeModelMessages(
  source: ResumeSource,
  messages: readonly unknown[],
  settleAll: SettleAll,
  tells: boolean,
): Promise<Resumed<unknown>> {
  const found = callsOf(source, messages)
  const outcomes = await settleAll(messages, found)
  const before = resultsOf(messages)
  const outputs = new Map<string, ModelOutput>()
  for (const [callId, outcome] of outcomes) {
    const now = before.get(callId)
    // A result that the ledger does not know of is not left standing.
    if (isWaiting(outcome) && !tells && !now) continue
    const tool = source.given[outcome.tool] ?? {}
    const output = await settledOutput(tool, outcome, source.sdk)
    const keeps = outcome.status === 'executed' && outcome.output === undefined
    outputs.set(callId, keeps && now && !isErrorOutput(now) ? now : output)
  }
  const pending = found.flatMap(({ callId, claimed }) => {
    const outcome = outcomes.get(callId)
    return outcome && isWaiting(outcome) ? [{ ...outcome, claimed }] : []
  })
  return {
    messages: steps(messages).flatMap((step) => withOutputs(step, outputs, outcomes)),
    calls: [...outcomes.values()],
    pending,
    ready: pending.every(({ callId }) => outputs.has(callId)),
  }
}

function callsOf({ tools }: ResumeSource, messages: readonly unknown[]): FoundCall[] {
  const parts = messages.flatMap(partsOf)
  const callOf = new Map(
    parts
      .filter(({ type }) => type === 'tool-approval-request')
      .map(({ approvalId, toolCallId }) => [approvalId, toolCallId]),
  )
  const answers = new Map(
    parts
      .filter(({ type }) => type === 'tool-approval-response')
      .map((part) => [callOf.get(part['approvalId']), part]),
  )
  return parts
    .filter(({ type, providerExecuted }) => type === 'tool-call' && !providerExecuted)
    .filter(({ toolName }) => typeof toolName === 'string' && tools.has(toolName))
    .map(({ toolName, toolCallId, input }) => {
      const { approved, reason } = answers.get(toolCallId) ?? {}
      return {
        tool: String(toolName),
        callId: String(toolCallId),
        input,
        claimed: approved === true,
        ...(approved === false && {
          declined: { reason: typeof reason === 'string' ? reason : undefined },
        }),
      }
    })
}

function resultsOf(messages: readonly unknown[]): Map<unknown, ModelOutput> {
  return new Map(
    messages
      .flatMap(partsOf)
      .filter(({ type, output }) => type === 'tool-result' && isObject(output))
      .map(({ toolCallId, output }) => [toolCallId, output as ModelOutput]),
  )
}

/** An assistant message with the tool messages that answer it; anything else stands alone. */
function steps(messages: readonly unknown[]): unknown[][] {
  const groups: unknown[][] = []
  for (const message of messages) {
    const group = groups.at(-1)
    if (roleOf(message) === 'tool' && group && roleOf(group[0]) === 'assistant') group.push(message)
    else groups.push([message])
  }
  return groups
}

function withOutputs(
  step: unknown[],
  outputs: ReadonlyMap<string, ModelOutput>,
  outcomes: ReadonlyMap<string, CallOutcome>,
): unknown[] {
  const [assistant, ...answers] = step
  if (roleOf(assistant) !== 'assistant') return step
  const calls = partsOf(assistant)
    .filter(({ type }) => type === 'tool-call')
    .map(({ toolCallId }) => String(toolCallId))
    .filter((callId) => outputs.has(callId))
  if (calls.length === 0) return step

  const content = answers.flatMap(partsOf)
  const answered = new Set(
    content.filter(({ type }) => type === 'tool-result').map(({ toolCallId }) => toolCallId),
  )
  const kept = content.map((part) => {
    const output = part['type'] === 'tool-result' && outputs.get(String(part['toolCallId']))
    return output && !isSame(part['output'], output) ? { ...part, output } : part
  })
  const added = calls
    .filter((callId) => !answered.has(callId))
    .map((callId): Part => ({
      type: 'tool-result',
      toolCallId: callId,
      toolName: outcomes.get(callId)?.tool,
      output: outputs.get(callId),
    }))
  const first = answers.find(isObject) ?? { role: 'tool' }
  return [assistant, { ...first, content: [...kept, ...added] }]
}

function isSame(one: unknown, other: ModelOutput): boolean {
  return canonicalize(plain(one)) === canonicalize(plain(other))
}

function plain(value: unknown): JsonValue {
  return JSON.parse(JSON.stringify(value ?? null)) as JsonValue
}

function roleOf(message: unknown): unknown {
  return isObject(message) ? message['role'] : undefined
}
