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
 * Watches which model `prepareStep` puts in. Under `strict` one that is not governed is refused, and with it the whole call;
 * otherwise it is governed with these options. Without this function a strict tool still refuses what such a model asks for,
 * but its text is not on record.
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
  // The same parameter and, but for the model, the same result.
  return governed as WatchedStep<Options, Step>
}

/** The SDK says what a function written in place is given; while it does, it does not know its own tools yet, hence `unknown`. */
type WatchedStep<Options, Step> = ((options: Options) => Step) & ((options: unknown) => Step)

function ungoverned(): LoopError {
  return new LoopError('refused', 'prepareStep put in a model that is not governed.', {
    plugin: 'vercel-ai',
    details: { reason: 'ungoverned_model' },
    hint: 'Return governModel(model, { engine, strict: true }) from prepareStep.',
  })
}
