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

type PrepareStep = (options: never) => unknown

/**
 * Watches which model `prepareStep` puts in. Under `strict` one that is not governed is refused, and with it the whole call;
 * otherwise it is governed with these options. Without this function a strict tool still refuses what such a model asks for,
 * but its text is not on record.
 */
export function governPrepareStep<Prepare extends PrepareStep>(
  prepareStep: Prepare,
  options: GovernModelOptions,
): Prepare {
  checkModelOptions('governPrepareStep', options)
  const governed = async (stepOptions: never): Promise<unknown> => {
    const step = await prepareStep(stepOptions)
    const { model } = fieldsOf(step)
    if (model === undefined || model === null) return step
    const chosen = typeof model === 'string' ? modelOfDefaultProvider(model) : model
    if (isGovernedModel(chosen)) return step
    if (options.strict || !isLanguageModel(chosen)) throw ungoverned()
    return { ...fieldsOf(step), model: governModel(chosen, options) }
  }
  // The same parameter and, but for the model, the same result.
  return governed as unknown as Prepare
}

function ungoverned(): LoopError {
  return new LoopError('refused', 'prepareStep put in a model that is not governed.', {
    plugin: 'vercel-ai',
    details: { reason: 'ungoverned_model' },
    hint: 'Return governModel(model, { engine, strict: true }) from prepareStep.',
  })
}
