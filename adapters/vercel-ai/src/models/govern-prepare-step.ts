import { LoopError } from '@loop-engine/core'

import { fieldsOf } from '../fields.ts'
import {
  checkModelOptions,
  governModel,
  isGovernedModel,
  modelOfDefaultProvider,
  type GovernModelOptions,
} from './govern-model.ts'
import { isLanguageModel } from './model-shape.ts'

/**
 * Checks the model that `prepareStep` puts in. Under `strict`, an ungoverned model is refused, which ends the
 * generation; otherwise it is governed with these options. Without this function a strict tool still refuses the tool
 * calls of an ungoverned model, but the model's text is not on record.
 */
export function governPrepareStep<Options, Step>(
  prepareStep: (options: Options) => Step,
  options: GovernModelOptions,
): WatchedStep<Options, Step> {
  checkModelOptions('governPrepareStep', options)
  const governed = async (stepOptions: Options): Promise<unknown> => {
    const step = await prepareStep(stepOptions)
    const { model } = fieldsOf(step)
    if (model === undefined || model === null) return step
    const chosen = typeof model === 'string' ? modelOfDefaultProvider(model) : model
    if (isGovernedModel(chosen)) return step
    if (options.strict || !isLanguageModel(chosen)) throw ungoverned()
    return { ...fieldsOf(step), model: governModel(chosen, options) }
  }
  // Takes the same parameter, and returns the same result except for the model.
  return governed as WatchedStep<Options, Step>
}

/**
 * The SDK infers the parameter of a function that is written in place. At that moment it does not know the types of its
 * own tools yet; the overload with `unknown` lets it go on.
 */
type WatchedStep<Options, Step> = ((options: Options) => Step) & ((options: unknown) => Step)

function ungoverned(): LoopError {
  return new LoopError('refused', 'prepareStep put in a model that is not governed.', {
    plugin: 'vercel-ai',
    details: { reason: 'ungoverned_model' },
    hint: 'Return governModel(model, { engine, strict: true }) from prepareStep.',
  })
}
