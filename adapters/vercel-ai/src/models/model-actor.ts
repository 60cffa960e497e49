import { LoopError, refuseStrayKeys, type KnownKeys, type Provider } from '@loop-engine/core'
import {
  createModelProvider,
  present,
  providerKeys,
  type AnswerEnd,
  type CallContext,
  type DecisionRequest,
  type ModelAnswer,
  type ProviderOptions,
} from '@loop-engine/core/provider'

import { fieldsOf, listOf } from '../fields.ts'
import { readModelFault } from './model-actor-fault.ts'
import { answerFacts, finishFacts, responseFacts, type AnswerFacts } from './model-answer.ts'
import { isLanguageModel, type AnyLanguageModel } from './model-shape.ts'
import { promptOfParams } from './prompt-of-params.ts'

export interface VercelAIActorOptions extends ProviderOptions {
  /**
   * A model of any `@ai-sdk` provider or a gateway, of `ai` 5, 6 or 7; it has its own key. A function is given the
   * `fetch` to make the provider with: then the request that left is recorded, instead of the parameters of the call.
   */
  readonly model: AnyLanguageModel | ((hooks: ModelHooks) => AnyLanguageModel)
  readonly maxOutputTokens?: number
  readonly temperature?: number
  /** Handed to the model's provider unchanged. Secrets in them are left out of the hash. */
  readonly providerOptions?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

export interface ModelHooks {
  readonly fetch: typeof globalThis.fetch
}

const optionKeys: KnownKeys<VercelAIActorOptions> = {
  ...providerKeys,
  model: true,
  maxOutputTokens: true,
  temperature: true,
  providerOptions: true,
}

/**
 * Makes a provider of a model of the AI SDK, which decides which open signal to send. It asks once, because a model
 * object does not retry. Throws `invalid_config` for a value that is no model.
 */
export function createVercelAIActorAdapter(options: VercelAIActorOptions): Provider {
  refuseStrayKeys(options, optionKeys, {
    what: 'createVercelAIActorAdapter',
    code: 'invalid_config',
  })
  const { model, maxOutputTokens, temperature, providerOptions } = options
  const modelFor = (fetch: typeof globalThis.fetch): AnyLanguageModel => {
    const made = typeof model === 'function' ? model({ fetch }) : model
    if (isLanguageModel(made)) return made
    throw new LoopError(
      'invalid_config',
      'createVercelAIActorAdapter needs a model of the AI SDK.',
      {
        plugin: 'vercel-ai',
        path: '/model',
        hint: "Hand in what a provider returns, such as openai('…').",
      },
    )
  }
  const { modelId } = modelFor(globalThis.fetch)
  const settings = present({ maxOutputTokens, temperature, providerOptions })

  return createModelProvider(
    {
      name: 'vercel-ai',
      model: modelId,
      readFault: readModelFault,
      async send(request, context) {
        const { attempts, onText } = context
        const params = { ...paramsOf(request), ...settings }
        const asked = modelFor(attempts.fetch())
        const answer = (): Promise<ModelAnswer> =>
          onText ? askStreaming(asked, params, context) : ask(asked, params, context)
        const prompt = promptOfParams(modelId, params)
        if (typeof model !== 'function') return attempts.record(prompt, answer)
        const answered = await answer()
        // The function did not use the given `fetch`, so the parameters are recorded instead.
        return attempts.attempts.length > 0
          ? answered
          : attempts.record(prompt, () => Promise.resolve(answered))
      },
    },
    options,
  )
}

function paramsOf({ system, user, schema, schemaName }: DecisionRequest): object {
  return {
    prompt: [
      { role: 'system', content: system },
      { role: 'user', content: [{ type: 'text', text: user }] },
    ],
    responseFormat: { type: 'json', schema, name: schemaName },
  }
}

async function ask(
  model: AnyLanguageModel,
  params: object,
  { signal }: CallContext,
): Promise<ModelAnswer> {
  // All three specifications accept these parameters.
  const result = await model.doGenerate({ ...params, abortSignal: signal } as never)
  const { content, structuredOutputText } = fieldsOf(result)
  const texts = listOf(content).map(fieldsOf)
  const text = texts.filter(({ type }) => type === 'text').map((part) => String(part['text']))
  return answerOf(
    answerFacts(result),
    typeof structuredOutputText === 'string' ? structuredOutputText : text.join(''),
  )
}

async function askStreaming(
  model: AnyLanguageModel,
  params: object,
  { signal, onText }: CallContext,
): Promise<ModelAnswer> {
  const result = await model.doStream({ ...params, abortSignal: signal } as never)
  let facts: AnswerFacts = answerFacts(result)
  let text = ''
  const { stream } = fieldsOf(result)
  if (!(stream instanceof ReadableStream)) return answerOf(facts, '')
  for await (const part of stream as AsyncIterable<unknown>) {
    const { type, delta, error } = fieldsOf(part)
    if (type === 'error') throw error
    if (type === 'response-metadata') facts = { ...facts, ...responseFacts(part) }
    if (type === 'finish') facts = { ...facts, ...finishFacts(part) }
    if (type !== 'text-delta' || typeof delta !== 'string') continue
    text += delta
    onText?.(delta)
  }
  return answerOf(facts, text)
}

const ends = new Map<string, AnswerEnd>([
  ['stop', 'complete'],
  ['length', 'truncated'],
  ['content-filter', 'filtered'],
  ['error', 'failed'],
])

function answerOf(facts: AnswerFacts, text: string): ModelAnswer {
  const { finishReason, rawFinishReason, responseId = null, requestId } = facts
  return {
    end: endOf(finishReason, rawFinishReason, text),
    text,
    responseId,
    ...present({
      requestId,
      servedModel: facts.servedModel,
      usage: facts.usage,
      vendorCode: rawFinishReason,
    }),
  }
}

/** An unknown finish reason may belong to a good answer; the schema then decides. */
function endOf(reason: string | undefined, raw: string | undefined, text: string): AnswerEnd {
  if (reason === undefined) return 'failed'
  if (raw === 'refusal') return 'refused'
  return ends.get(reason) ?? (text === '' ? 'unreadable' : 'complete')
}
