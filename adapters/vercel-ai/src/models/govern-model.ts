import {
  LoopError,
  type Actor,
  type Clock,
  type Identifiers,
  type KnownKeys,
  type LoopDefinition,
} from '@loop-engine/core'
import type { LoopEngine } from '@loop-engine/sdk'

import { checkOptions } from '../check-options.ts'
import { fieldsOf, listOf } from '../fields.ts'
import { governStream } from './govern-stream.ts'
import type { ModelCallEvidence } from './model-call.ts'
import { createModelCalls } from './model-calls.ts'
import { checkModelCallLoop, createModelCallLoop, type GuardSpecs } from './model-loop.ts'
import { isLanguageModel, type AnyLanguageModel, type GovernedModel } from './model-shape.ts'

export interface GovernModelOptions {
  readonly engine: LoopEngine
  readonly tenant?: string
  /** Who the model is on record; `agent:<provider>` by default. Provider, model id and other attribution are added. */
  readonly actor?: Pick<Actor, 'id' | 'displayName' | 'roles' | 'onBehalfOf'>
  /** Guards that judge each call before it leaves. Models with different guards need different `loopId`s. */
  readonly guards?: GuardSpecs
  /** Id of the default loop with these guards; `model-call` by default. */
  readonly loopId?: string
  /**
   * Instead of the default loop, a loop of your own or the id of one that the engine knows. It declares its own guards.
   */
  readonly loop?: LoopDefinition | string
  /** Groups the calls of one conversation in the record. */
  readonly correlationId?: string
  /** Records each tool call that the model asks for, so that `govern({ …, strict: true })` lets it run. */
  readonly strict?: boolean
  /** `hashes`, the default, keeps no text of prompts and answers. `text` keeps both, under the engine's redaction. */
  readonly record?: 'hashes' | 'text'
  /** Computes, from the parameters of a call, what a budget can count before it leaves; recorded as `/estimate`. */
  readonly estimate?: (params: unknown) => Readonly<Record<string, number>>
  /** Told how each attempt ended, after it was recorded. What it throws is ignored. */
  readonly onEvidence?: (evidence: ModelCallEvidence) => void
  readonly clock?: Pick<Clock, 'now'>
  /** For the business keys of calls; random by default. */
  readonly ids?: Pick<Identifiers, 'id'>
}

const optionKeys: KnownKeys<GovernModelOptions> = {
  engine: true,
  tenant: true,
  actor: true,
  guards: true,
  loopId: true,
  loop: true,
  correlationId: true,
  strict: true,
  record: true,
  estimate: true,
  onEvidence: true,
  clock: true,
  ids: true,
}

const mark = Symbol.for('@loop-engine/governed-model')

/**
 * Governs each call of a model of `ai` 5, 6 or 7: guards judge it before it leaves, and its end is recorded before the
 * caller has the answer. The SDK retries from outside, so each attempt is a run of its own. A call that may not be made
 * throws a `LoopError` (`refused`, `rate_limited` or `stopped`), which the SDK does not retry; the provider is not
 * asked. Throws `invalid_config` at once for a value that is no model, an unknown option, or a loop that cannot record
 * a call.
 */
export function governModel<Model extends AnyLanguageModel>(
  model: Model,
  options: GovernModelOptions,
): GovernedModel<Model>
/** A string is looked up in `globalThis.AI_SDK_DEFAULT_PROVIDER`, as the SDK does. */
export function governModel(model: string, options: GovernModelOptions): AnyLanguageModel
export function governModel(
  model: AnyLanguageModel | string,
  options: GovernModelOptions,
): AnyLanguageModel {
  const inner = typeof model === 'string' ? modelOfDefaultProvider(model) : model
  if (!isLanguageModel(inner)) throw noModel('This is not a language model of the AI SDK.')
  if (isGovernedModel(inner)) return inner
  checkModelOptions('governModel', options)
  const { guards, loopId, loop = createModelCallLoop({ id: loopId, guards }) } = options
  if (typeof loop !== 'string') checkModelCallLoop(loop)
  const calls = createModelCalls(inner, loop, options)

  // Not frozen: newer SDKs put a proxy around older models, and a proxy may not change a frozen property.
  const governed: AnyLanguageModel = {
    specificationVersion: inner.specificationVersion,
    get provider() {
      return inner.provider
    },
    get modelId() {
      return inner.modelId
    },
    get supportedUrls() {
      return inner.supportedUrls
    },

    async doGenerate(params: never): Promise<unknown> {
      const call = await calls.begin(params, false)
      const result = await call.guarding(() => inner.doGenerate(params))
      call.hear(result)
      const parts = listOf(fieldsOf(result)['content'])
      for (const part of parts) call.output.add(part)
      await call.finish()
      for (const part of parts) await call.propose(part)
      return result
    },

    async doStream(params: never): Promise<unknown> {
      const call = await calls.begin(params, true)
      const result = await call.guarding(() => inner.doStream(params))
      call.hear(result)
      const { stream } = fieldsOf(result)
      if (stream instanceof ReadableStream)
        return { ...fieldsOf(result), stream: governStream(stream, call) }
      return call.guarding(() => Promise.reject(noStream()))
    },
  }
  return Object.defineProperty(governed, mark, { value: true })
}

/** Checks the options of `what`, a function that takes them for models that it meets later. */
export function checkModelOptions(what: string, options: GovernModelOptions): void {
  checkOptions(what, options, optionKeys)
}

/**
 * Whether `governModel` or `wrapProvider` made the model. A wrapper around a governed model is not governed: govern the
 * outermost model.
 */
export function isGovernedModel(model: unknown): boolean {
  return typeof model === 'object' && model !== null && mark in model
}

export function modelOfDefaultProvider(modelId: string): unknown {
  const { AI_SDK_DEFAULT_PROVIDER: provider } = fieldsOf(globalThis)
  const { languageModel } = fieldsOf(provider)
  if (typeof languageModel !== 'function') {
    throw noModel('The model is a string, and there is no default provider to look it up in.')
  }
  return languageModel.call(provider, modelId) as unknown
}

function noStream(): LoopError {
  return new LoopError('bad_response', 'The model answered without a stream.', {
    plugin: 'vercel-ai',
  })
}

function noModel(message: string): LoopError {
  return new LoopError('invalid_config', message, {
    plugin: 'vercel-ai',
    path: '/model',
    hint: 'Hand in a model object, or set globalThis.AI_SDK_DEFAULT_PROVIDER.',
  })
}
