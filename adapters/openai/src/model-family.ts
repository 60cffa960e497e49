import { LoopError } from '@loop-engine/core'
import { present } from '@loop-engine/core/provider'

/** Which parameters a model takes: `reasoning` models take an effort, `sampling` models a temperature. */
export type ModelFamily = 'reasoning' | 'sampling'

/** The efforts that the SDK names. Each model accepts some of them. */
export type ReasoningEffort = 'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh' | 'max'

export interface ModelParameters {
  readonly model: string
  /** By default read from the name of the model. Needed if that is a name of your own, such as a deployment's. */
  readonly family?: ModelFamily | undefined
  /** 0..2. For sampling models, and for reasoning models with the effort `none`. */
  readonly temperature?: number | undefined
  /** For reasoning models. */
  readonly reasoningEffort?: ReasoningEffort | undefined
}

export interface FamilyBody {
  readonly temperature?: number
  readonly reasoning?: { readonly effort: ReasoningEffort }
}

/**
 * Matches `o1`, `o3-mini`, `gpt-5`, `gpt-6-sol`, `codex-…`, also fine-tuned; not the `-chat` variants, which do not
 * reason.
 */
const reasons = /^(?:ft:)?(?:o\d|codex|gpt-(?:[5-9]|\d\d)(?!.*-chat))/

/**
 * The fields of a request that only one family takes. Throws `invalid_config` for a parameter that this model refuses.
 */
export function familyBody({
  model,
  family = reasons.test(model) ? 'reasoning' : 'sampling',
  temperature,
  reasoningEffort,
}: ModelParameters): FamilyBody {
  if (family === 'sampling' && reasoningEffort !== undefined)
    throw misfit('reasoningEffort', 'does not reason, so it takes no effort')
  if (family === 'reasoning' && temperature !== undefined && reasoningEffort !== 'none')
    throw misfit('temperature', 'reasons, so it takes no temperature')
  return present({ temperature, reasoning: reasoningEffort && { effort: reasoningEffort } })
}

function misfit(option: string, why: string): LoopError {
  return new LoopError('invalid_config', `The model of the openai adapter ${why}.`, {
    plugin: 'openai',
    path: `/${option}`,
    hint: `Leave out ${option}, or set \`family\` if the name of the model misleads.`,
  })
}
