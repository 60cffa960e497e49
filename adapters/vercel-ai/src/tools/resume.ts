import { allEnded, isRecord, LoopError } from '@loop-engine/core'

import { fieldsOf } from '../fields.ts'
import { resumeModelMessages } from './resume-model-messages.ts'
import { resumeUiMessages } from './resume-ui-messages.ts'
import { isWaiting, keyOf, type Resumed, type ResumeSource, type SettleAll } from './resumed.ts'
import { settledOutput } from './tool-output.ts'

export interface ResumeOptions {
  /** The conversation that the calls belong to, if the option `run` of `govern` cannot tell. */
  readonly run?: string
  /** Handed to the tools as their context, as the SDK would. */
  readonly context?: unknown
  readonly signal?: AbortSignal
  /**
   * `hold`, the default, leaves waiting calls without a result. `tell` gives them a result that says that they wait, so
   * that the conversation can go on, and withdraws calls whose approval only the chat was asked for.
   */
  readonly whilePending?: 'hold' | 'tell'
}

/** The fields of a result of `generateText` or `streamText` that are read here. */
interface GenerationLike<Message> {
  /** `ai` 7. */
  readonly responseMessages?: PromiseLike<readonly Message[]> | readonly Message[]
  /** `ai` 5 and 6. */
  readonly response:
    | PromiseLike<{ readonly messages?: readonly Message[] }>
    | { readonly messages?: readonly Message[] }
}

interface ToolMessage {
  role: 'tool'
  content: { type: 'tool-result'; toolCallId: string; toolName: string; output: never }[]
}

/**
 * Runs the calls that the ledger permits, each once, and returns the results in the shape of its input: model messages,
 * UI messages, or the response messages of a generation. For business keys of calls it returns one tool message, and
 * throws `not_found` for a key of no such call. Every governed call gets the result that the ledger holds, whatever the
 * conversation says. Calling it again is harmless.
 */
export interface Resume {
  <Message extends { readonly role: string }>(
    messages: readonly Message[],
    options?: ResumeOptions,
  ): Promise<Resumed<Message>>
  (
    calls: readonly (string | { readonly aggregateId: string })[],
    options?: ResumeOptions,
  ): Promise<Resumed<ToolMessage>>
  <Message>(result: GenerationLike<Message>, options?: ResumeOptions): Promise<Resumed<Message>>
}

export function createResume(source: ResumeSource): Resume {
  const resume = async (
    target: readonly unknown[] | GenerationLike<unknown>,
    options: ResumeOptions = {},
  ): Promise<Resumed<unknown>> => {
    if (!isList(target)) return resume(await messagesOf(target), options)
    const [first] = target
    if (typeof first === 'string' || (isRecord(first) && !('role' in first)))
      return resumeCalls(source, target, options)
    const settleAll = settlerOf(source, options)
    const isUi = target.some((message) => Array.isArray(fieldsOf(message)['parts']))
    const tells = options.whilePending === 'tell'
    return isUi
      ? resumeUiMessages(source, target, settleAll, tells)
      : resumeModelMessages(source, target, settleAll, tells)
  }
  return resume as Resume
}

function settlerOf(
  { tools }: ResumeSource,
  { run, context, signal, whilePending }: ResumeOptions,
): SettleAll {
  return async (messages, calls) => {
    const settled = calls.map(async ({ tool, callId, ...call }) => {
      const at = { ...call, context: { tool, callId, messages, context }, run, signal }
      const governed = tools.get(tool)
      const found = await governed?.settle(at)
      // Only the chat asked for approval, and nobody can answer there once the call has a result.
      const isOver = whilePending === 'tell' && found?.reason === 'unanswered'
      const declined = { reason: 'unanswered' }
      const outcome = isOver ? await governed?.settle({ ...at, declined }) : found
      return outcome && ([keyOf(tool, callId, call.input), outcome] as const)
    })
    const outcomes = await allEnded(settled)
    return new Map(outcomes.filter((pair) => pair !== undefined))
  }
}

/** Resumes calls by their business keys: one tool message, for a caller who keeps the conversation elsewhere. */
async function resumeCalls(
  { engine, tenant, tools, sdk }: ResumeSource,
  target: readonly unknown[],
  { context, signal }: ResumeOptions,
): Promise<Resumed<unknown>> {
  const find = async (each: unknown) => {
    const aggregateId = isRecord(each) ? String(each['aggregateId']) : String(each)
    const instance = await engine.get({ tenant, aggregateId })
    const { tool: name, callId, run } = instance?.metadata ?? {}
    const tool = typeof name === 'string' ? tools.get(name) : undefined
    if (!tool || typeof callId !== 'string')
      throw new LoopError('not_found', 'No call of these tools has this business key.', {
        plugin: 'vercel-ai',
        details: { aggregateId },
      })
    return { tool, callId, run: typeof run === 'string' ? run : undefined }
  }
  // All are found before any runs.
  const found = await Promise.all(target.map(find))
  const calls = await allEnded(
    found.map(({ tool, callId, run }) => {
      const at = { tool: tool.name, callId, messages: [], context }
      return tool.settle({ context: at, run, signal })
    }),
  )
  const done = calls.filter((outcome) => !isWaiting(outcome))
  const content = await Promise.all(
    done.map(async (outcome) => ({
      type: 'tool-result',
      toolCallId: outcome.callId,
      toolName: outcome.tool,
      output: await settledOutput(tools.get(outcome.tool)?.tool ?? {}, outcome, sdk),
    })),
  )
  const pending = calls.filter(isWaiting).map((outcome) => ({ ...outcome, claimed: false }))
  return {
    messages: content.length > 0 ? [{ role: 'tool', content }] : [],
    calls,
    pending,
    ready: pending.length === 0,
  }
}

async function messagesOf(result: GenerationLike<unknown>): Promise<readonly unknown[]> {
  const { responseMessages, response } = fieldsOf(result)
  const messages = (await responseMessages) ?? fieldsOf(await response)['messages']
  if (isList(messages)) return messages
  throw new LoopError('invalid_input', 'resume was given no conversation.', {
    plugin: 'vercel-ai',
    path: '',
    hint: 'Give it messages, the result of generateText or streamText, or business keys of calls.',
  })
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value)
}
