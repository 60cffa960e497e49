import { canonicalize, type JsonValue } from '@loop-engine/core'

import { fieldsOf, isObject } from '../fields.ts'
import { partsOf } from './call-context.ts'
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
  const calls = messages.flatMap(partsOf).filter(isCall)
  const before = resultsOf(messages, calls)
  const outputs = new Map<string, ModelOutput>()
  for (const [key, outcome] of outcomes) {
    const now = before.get(key)
    // A result that the ledger does not know of is not left standing.
    if (isWaiting(outcome) && !tells && !now) continue
    const tool = source.given[outcome.tool] ?? {}
    const output = await settledOutput(tool, outcome, source.sdk)
    const keeps = outcome.status === 'executed' && outcome.output === undefined
    outputs.set(key, keeps && now && !isErrorOutput(now) ? now : output)
  }
  const pending = pendingOf(found, outcomes)
  const settled = messages.map((message) => withOutputs(message, calls, outputs))
  return {
    messages: steps(settled).flatMap((step) => completed(step, outputs)),
    calls: [...outcomes.values()],
    pending,
    ready: pending.every(({ tool, callId }) => outputs.has(keyOf(tool, callId))),
  }
}

function callsOf({ tools }: ResumeSource, messages: readonly unknown[]): FoundCall[] {
  const parts = messages.flatMap(partsOf)
  const calls = parts.filter(isCall)
  const asked = requestsOf(messages, calls)
  const requested = new Set([...asked.values()].flat())
  const answers = new Map(
    parts
      .filter(({ type }) => type === 'tool-approval-response')
      .flatMap((part) => asked.get(part['approvalId'])?.map((key) => [key, part] as const) ?? []),
  )
  return calls
    .filter(({ toolName }) => typeof toolName === 'string' && tools.has(toolName))
    .map((call) => ({
      tool: String(call['toolName']),
      callId: String(call['toolCallId']),
      input: call['input'],
      requested: requested.has(keyOfPart(call)),
      ...answerOf(answers.get(keyOfPart(call)) ?? {}),
    }))
}

/** Which calls each approval request is about. It has no more than an id, so where that is of two, the one beside it. */
function requestsOf(
  messages: readonly unknown[],
  calls: readonly Part[],
): ReadonlyMap<unknown, readonly string[]> {
  return new Map(
    messages.map(partsOf).flatMap((parts) =>
      parts.filter(isRequest).map(({ approvalId, toolCallId }) => {
        const those = (some: readonly Part[]): Part[] =>
          some.filter((call) => call['toolCallId'] === toolCallId)
        const near = those(parts.filter(isCall))
        return [approvalId, (near.length > 0 ? near : those(calls)).map(keyOfPart)] as const
      }),
    ),
  )
}

/** What stands as the result of each call, whoever put it there. */
function resultsOf(
  messages: readonly unknown[],
  calls: readonly Part[],
): ReadonlyMap<string, ModelOutput> {
  return new Map(
    messages.flatMap(partsOf).flatMap((part) => {
      const call = isResult(part) && isObject(part['output']) && callOfPart(part, calls)
      return call ? [[keyOfPart(call), part['output'] as ModelOutput] as const] : []
    }),
  )
}

/** The message with the results of the ledger in place of its own. */
function withOutputs(
  message: unknown,
  calls: readonly Part[],
  outputs: ReadonlyMap<string, ModelOutput>,
): unknown {
  const parts = partsOf(message)
  const isAssistant = roleOf(message) === 'assistant'
  const content = parts.flatMap((part) => {
    const call = callOfPart(part, calls)
    const output = call && outputs.get(keyOfPart(call))
    if (!output) return [part]
    // A governed tool runs here. That its provider ran it, and what came of it there, is an invention.
    if (isCall(part)) return [withoutProvider(part)]
    if (isAssistant) return []
    return [isSame(part['output'], output) ? part : { ...part, output }]
  })
  return isObject(message) && parts.length > 0 ? { ...message, content } : message
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

/** The step with a result of each call that has one. */
function completed(step: unknown[], outputs: ReadonlyMap<string, ModelOutput>): unknown[] {
  const [assistant, ...answers] = step
  if (roleOf(assistant) !== 'assistant') return step
  const calls = partsOf(assistant).filter(isCall)
  const settled = calls.filter((call) => outputs.has(keyOfPart(call)))
  if (settled.length === 0) return step

  const content = answers.flatMap(partsOf)
  const answered = new Set(
    content.filter(isResult).map((part) => keyOfPart(callOfPart(part, calls) ?? part)),
  )
  const added = settled
    .filter((call) => !answered.has(keyOfPart(call)))
    .map((call): Part => ({
      type: 'tool-result',
      toolCallId: call['toolCallId'],
      toolName: call['toolName'],
      output: outputs.get(keyOfPart(call)),
    }))
  const first = answers.find(isObject) ?? { role: 'tool' }
  return [assistant, { ...first, content: [...content, ...added] }]
}

function withoutProvider({ providerExecuted: _, ...call }: Part): Part {
  return call
}

/** The call that a part is or, as a result, answers: by its id, and by the tool where an id is that of two. */
function callOfPart(part: Part, calls: readonly Part[]): Part | undefined {
  if (isCall(part)) return part
  if (!isResult(part)) return undefined
  const { toolCallId, toolName } = part
  const same = calls.filter((call) => call['toolCallId'] === toolCallId)
  return same.find((call) => call['toolName'] === toolName) ?? same[0]
}

function isCall({ type }: Part): boolean {
  return type === 'tool-call'
}

function isRequest({ type }: Part): boolean {
  return type === 'tool-approval-request'
}

function isResult({ type }: Part): boolean {
  return type === 'tool-result'
}

function keyOfPart({ toolName, toolCallId }: Part): string {
  return keyOf(toolName, toolCallId)
}

function isSame(one: unknown, other: ModelOutput): boolean {
  return canonicalize(plain(one)) === canonicalize(plain(other))
}

function plain(value: unknown): JsonValue {
  return JSON.parse(JSON.stringify(value ?? null)) as JsonValue
}

function roleOf(message: unknown): unknown {
  return fieldsOf(message)['role']
}
