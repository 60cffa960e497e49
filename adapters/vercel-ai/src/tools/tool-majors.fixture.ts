import { ReadableStream } from 'node:stream/web'

import * as ai7 from 'ai'
import * as ai5 from 'ai-v5'
import { MockLanguageModelV2 } from 'ai-v5/test'
import * as ai6 from 'ai-v6'
import { MockLanguageModelV3 } from 'ai-v6/test'
import { MockLanguageModelV4 } from 'ai/test'

interface AskedCall {
  readonly id: string
  readonly name: string
  readonly input: unknown
}
/** What a scripted model does at one of its turns: say something, or call tools. */
type Turn = string | readonly AskedCall[]

export interface Message {
  readonly role: 'user' | 'assistant' | 'tool' | 'system'
  readonly content: unknown
}

interface ScriptedModel {
  readonly model: unknown
  /** The prompts that it was sent, as JSON text. */
  readonly prompts: string[]
}

interface Said {
  readonly text: string
  /** The messages to persist after those that were sent. */
  readonly messages: Message[]
  readonly result: unknown
}

type Options = Readonly<Record<string, unknown>>
export interface UiMessage {
  readonly id: string
  readonly role: 'user' | 'assistant' | 'system'
  readonly parts: readonly Readonly<Record<string, unknown>>[]
}

/** One major version of the SDK, behind an interface that all of them share. */
export interface Major {
  readonly sdk: 5 | 6 | 7
  model(turns: readonly Turn[]): ScriptedModel
  generate(options: Options): Promise<Said>
  /** The same by `streamText`, as the UI message that `useChat` would hold afterwards. */
  chat(options: Options & { readonly ui: readonly UiMessage[] }): Promise<UiMessage>
  /** Makes an agent: `ToolLoopAgent`, or `Experimental_Agent` of `ai` 5. */
  agent(settings: Options): { generate(options: Options): Promise<Said> }
  tool(definition: Options): object
  dynamicTool(definition: Options): object
  validate(messages: readonly UiMessage[], tools: object): Promise<UiMessage[]>
  toModel(messages: readonly UiMessage[], tools: object): Promise<Message[]>
}

type Sdk = typeof ai7
interface Result {
  readonly text: string
  readonly responseMessages?: Message[]
  readonly response: { readonly messages: Message[] }
}

function majorOf(sdk: 5 | 6 | 7, ai: Sdk, Mock: new (options: never) => object): Major {
  const said = (result: unknown): Said => {
    const { text, responseMessages, response } = result as Result
    const messages = responseMessages ?? response.messages
    return { text, messages: plain(messages), result }
  }
  const stop = { stopWhen: ai.stepCountIs(8) }
  const Agent = (sdk === 5 ? ai.Experimental_Agent : ai.ToolLoopAgent) as unknown as new (
    settings: Options,
  ) => { generate(options: Options): Promise<unknown> }
  const toModel: Major['toModel'] = async (messages, tools) =>
    (await ai.convertToModelMessages(messages as never, { tools } as never)) as Message[]

  return {
    sdk,
    toModel,
    tool: (definition) => ai.tool(definition as never) as object,
    dynamicTool: (definition) => ai.dynamicTool(definition as never) as object,
    validate: async (messages, tools) =>
      (await ai.validateUIMessages({ messages, tools } as never)) as unknown as UiMessage[],
    model: (turns) => scripted(sdk, Mock, turns),
    generate: async (options) => said(await ai.generateText({ ...stop, ...options } as never)),
    agent(settings) {
      const agent = new Agent({ ...stop, ...settings })
      return { generate: async (options) => said(await agent.generate(options)) }
    },
    async chat({ ui, ...options }) {
      const messages = await toModel(ui, options['tools'] as object)
      const result = ai.streamText({ ...stop, ...options, messages } as never)
      const last = ui.at(-1)
      const ours = last?.role === 'assistant' ? { message: structuredClone(last) } : {}
      const stream = result.toUIMessageStream({ originalMessages: ui, onError: textOf } as never)
      let message: unknown
      for await (const each of ai.readUIMessageStream({ ...ours, stream } as never)) message = each
      return plain(message) as UiMessage
    },
  }
}

function scripted(
  sdk: 5 | 6 | 7,
  Mock: new (options: never) => object,
  turns: readonly Turn[],
): ScriptedModel {
  const prompts: string[] = []
  const next = (options: { prompt: unknown }): { content: object[]; called: boolean } => {
    prompts.push(JSON.stringify(options.prompt))
    const turn = turns[prompts.length - 1] ?? 'I have nothing to add.'
    if (typeof turn === 'string') return { content: [{ type: 'text', text: turn }], called: false }
    const content = turn.map(({ id, name, input }) => ({
      type: 'tool-call',
      toolCallId: id,
      toolName: name,
      input: JSON.stringify(input),
    }))
    return { content, called: true }
  }
  const ending = (called: boolean): object => {
    const unified = called ? 'tool-calls' : 'stop'
    return sdk === 5
      ? { finishReason: unified, usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 } }
      : {
          finishReason: { unified, raw: unified },
          usage: { inputTokens: { total: 1 }, outputTokens: { total: 1 } },
        }
  }
  const model = new Mock({
    doGenerate: async (options: { prompt: unknown }) => {
      const { content, called } = next(options)
      return { content, ...ending(called), warnings: [] }
    },
    doStream: async (options: { prompt: unknown }) => {
      const { content, called } = next(options)
      const parts = content.flatMap((part) =>
        'text' in part
          ? [
              { type: 'text-start', id: 't' },
              { type: 'text-delta', id: 't', delta: part.text },
              { type: 'text-end', id: 't' },
            ]
          : [part],
      )
      return { stream: ReadableStream.from([...parts, { type: 'finish', ...ending(called) }]) }
    },
  } as never)
  return { model, prompts }
}

/** A copy through JSON, as a conversation is stored and sent. */
export function plain<Value>(value: Value): Value {
  return JSON.parse(JSON.stringify(value)) as Value
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

export const newest = majorOf(7, ai7, MockLanguageModelV4 as never)
/** `ai` 5 has no approvals. */
export const oldest = majorOf(5, ai5 as unknown as Sdk, MockLanguageModelV2 as never)
export const withApprovals: readonly Major[] = [
  newest,
  majorOf(6, ai6 as unknown as Sdk, MockLanguageModelV3 as never),
]
export const majors: readonly Major[] = [...withApprovals, oldest]

export const user: Message = { role: 'user', content: 'Please refund order 7.' }

/** What a client would append after its user answered the approval requests of the conversation. */
export function answered(
  messages: readonly Message[],
  answers: Readonly<Record<string, boolean>>,
): Message[] {
  const requests = messages
    .flatMap(({ content }) =>
      Array.isArray(content) ? (content as Record<string, unknown>[]) : [],
    )
    .filter(({ type }) => type === 'tool-approval-request')
    .filter(({ toolCallId }) => Object.hasOwn(answers, String(toolCallId)))
  if (requests.length === 0) return [...messages]
  const content = requests.map(({ approvalId, toolCallId }) => ({
    type: 'tool-approval-response',
    approvalId,
    approved: answers[String(toolCallId)],
  }))
  return [...messages, { role: 'tool', content }]
}
