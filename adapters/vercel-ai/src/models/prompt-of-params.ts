import type { JsonObject } from '@loop-engine/core'

import { fieldsOf } from '../fields.ts'
import { neutralJson } from './neutral-json.ts'

/** The parameters that a model reads. All others (headers, abortSignal, …) are ignored. */
const readByModel = [
  'prompt',
  'tools',
  'toolChoice',
  'responseFormat',
  'maxOutputTokens',
  'temperature',
  'topP',
  'topK',
  'presencePenalty',
  'frequencyPenalty',
  'stopSequences',
  'seed',
  'reasoning',
  'providerOptions',
] as const

/**
 * The provider-neutral form of a model call, ready to be hashed: what the model reads, as JSON. Files are replaced by
 * the SHA-256 of their bytes, however they were handed in. Headers, signals and keys are never part of it.
 */
export function promptOfParams(modelId: string, params: unknown): JsonObject {
  const given = fieldsOf(params)
  const read = Object.fromEntries(readByModel.map((name) => [name, given[name]]))
  return { form: 'ai-sdk/1', model: modelId, ...neutralJson(read) }
}
