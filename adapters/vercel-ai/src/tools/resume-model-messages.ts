import { canonicalize, isRecord, parseJson, type JsonValue } from '@loop-engine/core'

import { fieldsOf } from '../fields.ts'
import { answersOf, isCall, type Part } from './answered-calls.ts'
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

/**
 * Puts the results of the ledger into model messages: one tool message after each step, with all results of the step.
 */
export async function resumeModelMessages(
  source: ResumeSource,
  messages: readonly unknown[],
  settleAll: SettleAll,
  tells: boolean,
): Promise<Resumed<unknown>> {
  const found = callsOf(source, messages)
  const outcomes = await settleAll(messages, found)
  const answers = answersOf(messages)
  const claims = resultsOf(answers)
  const outputs = new Map<string, ModelOutput>()
  for (const [key, outcome] of outcomes) {
    const claimed = claims.get(key)
    // A claimed result of a call that waits is replaced, because the ledger has none.
    if (isWaiting(outcome) && !tells && !claimed) continue
    const tool = source.tools.get(outcome.tool)?.tool ?? {}
    const output = await settledOutput(tool, outcome, source.sdk)
    const keeps = outcome.status === 'executed' && outcome.output === undefined
    outputs.set(key, keeps && claimed && !isErrorOutput(claimed) ? claimed : output)
  }
  return {
    messages: steps(messages).flatMap((step) => settledStep(step, answers, outputs)),
    calls: [...outcomes.values()],
    pending: pendingOf(found, outcomes),
    ready: outputs.size === outcomes.size,
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

/**
 * The calls that each approval request is about. A request has only a call id; if several calls share it, the request
 * is about those in its own message.
 */
function requestsOf(
  messages: readonly unknown[],
  calls: readonly Part[],
): ReadonlyMap<unknown, readonly string[]> {
  return new Map(
    messages.map(partsOf).flatMap((parts) =>
      parts.filter(isRequest).map(({ approvalId, toolCallId }) => {
        const withId = (some: readonly Part[]): Part[] =>
          some.filter((call) => call['toolCallId'] === toolCallId)
        const beside = withId(parts.filter(isCall))
        return [approvalId, (beside.length > 0 ? beside : withId(calls)).map(keyOfPart)] as const
      }),
    ),
  )
}

/** The result that the conversation has for each call, whoever wrote it. */
function resultsOf(answers: ReadonlyMap<Part, Part>): ReadonlyMap<string, ModelOutput> {
  return new Map(
    [...answers].flatMap(([{ output }, call]) =>
      isRecord(output) ? [[keyOfPart(call), output as ModelOutput] as const] : [],
    ),
  )
}

/** The message, with the results of the ledger in place of its own results. */
function withOutputs(
  message: unknown,
  answers: ReadonlyMap<Part, Part>,
  outputs: ReadonlyMap<string, ModelOutput>,
): unknown {
  const parts = partsOf(message)
  const isAssistant = roleOf(message) === 'assistant'
  const content = parts.flatMap((part) => {
    const call = isCall(part) ? part : answers.get(part)
    const output = call && outputs.get(keyOfPart(call))
    if (!output) return [part]
    // Governed tools run here, so a claim that the provider ran one, and a result of the provider, are false.
    if (isCall(part)) return [withoutProvider(part)]
    if (isAssistant) return []
    return [isSame(part['output'], output) ? part : { ...part, output }]
  })
  return isRecord(message) && parts.length > 0 ? { ...message, content } : message
}

/** Groups each assistant message with the tool messages that answer it; every other message is alone in its group. */
function steps(messages: readonly unknown[]): unknown[][] {
  const groups: unknown[][] = []
  for (const message of messages) {
    const group = groups.at(-1)
    if (roleOf(message) === 'tool' && group && roleOf(group[0]) === 'assistant') group.push(message)
    else groups.push([message])
  }
  return groups
}

/** The step, with the ledger's result for each of its calls that has one. */
function settledStep(
  step: readonly unknown[],
  answers: ReadonlyMap<Part, Part>,
  outputs: ReadonlyMap<string, ModelOutput>,
): unknown[] {
  const messages = step.map((message) => withOutputs(message, answers, outputs))
  const [assistant, ...results] = messages
  const calls = roleOf(assistant) === 'assistant' ? partsOf(step[0]).filter(isCall) : []
  const settled = calls.filter((call) => outputs.has(keyOfPart(call)))
  if (settled.length === 0) return messages

  const answered = new Set(
    step
      .slice(1)
      .flatMap(partsOf)
      .map((part) => answers.get(part)),
  )
  const added = settled
    .filter((call) => !answered.has(call))
    .map((call): Part => ({
      type: 'tool-result',
      toolCallId: call['toolCallId'],
      toolName: call['toolName'],
      output: outputs.get(keyOfPart(call)),
    }))
  const first = results.find(isRecord) ?? { role: 'tool' }
  return [assistant, { ...first, content: [...results.flatMap(partsOf), ...added] }]
}

function withoutProvider({ providerExecuted: _, ...call }: Part): Part {
  return call
}

function isRequest({ type }: Part): boolean {
  return type === 'tool-approval-request'
}

function keyOfPart({ toolName, toolCallId, input }: Part): string {
  return keyOf(toolName, toolCallId, input)
}

function isSame(one: unknown, other: ModelOutput): boolean {
  return canonicalize(plain(one)) === canonicalize(plain(other))
}

function plain(value: unknown): JsonValue {
  return parseJson(JSON.stringify(value ?? null)) as JsonValue
}

function roleOf(message: unknown): unknown {
  return fieldsOf(message)['role']
}
