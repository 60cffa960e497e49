import { LoopError } from '@loop-engine/core'

import { fieldsOf } from '../fields.ts'
import { checkModelOptions, governModel, type GovernModelOptions } from './govern-model.ts'
import { isLanguageModel } from './model-shape.ts'

/** What providers of `ai` 5, 6 and 7 have in common. */
export interface AnyProvider {
  languageModel(modelId: string): unknown
}

/** Factories of models that cannot ask for tools; they are handed through unchanged. */
const handedThrough = [
  'embeddingModel',
  'textEmbeddingModel',
  'imageModel',
  'transcriptionModel',
  'speechModel',
  'rerankingModel',
] as const
type HandedThrough = (typeof handedThrough)[number]

export type GovernedProvider<Provider extends AnyProvider> = Pick<
  Provider,
  Extract<keyof Provider, keyof AnyProvider | HandedThrough | 'specificationVersion'>
>

/**
 * A provider whose language models are all governed. Set it as `globalThis.AI_SDK_DEFAULT_PROVIDER` to govern models
 * that are named by strings. Other features of the provider (batches, decision models, files) are left out.
 */
export function wrapProvider<Provider extends AnyProvider>(
  provider: Provider,
  options: GovernModelOptions,
): GovernedProvider<Provider> {
  checkModelOptions('wrapProvider', options)
  const methods = Object.fromEntries(
    handedThrough.flatMap((name) => {
      const method = fieldsOf(provider)[name]
      return typeof method === 'function' ? [[name, method.bind(provider)]] : []
    }),
  )
  const { specificationVersion } = fieldsOf(provider)
  // Exactly the members of the picked type, each taken from the provider or made to its shape.
  return Object.freeze({
    ...methods,
    ...(specificationVersion !== undefined && { specificationVersion }),
    languageModel(modelId: string) {
      const model = provider.languageModel(modelId)
      if (isLanguageModel(model)) return governModel(model, options)
      throw new LoopError('invalid_config', 'The provider has no language model of this name.', {
        plugin: 'vercel-ai',
        path: '/modelId',
      })
    },
  }) as GovernedProvider<Provider>
}
