import { fieldsOf } from '../fields.ts'

/**
 * What models of `ai` 5, 6 and 7 (specification v2, v3 and v4) have in common, as far as governing needs it. Structural,
 * so that no major of the SDK is imported at run time; what they hand in and out is read field by field.
 */
export interface AnyLanguageModel {
  readonly specificationVersion: string
  readonly provider: string
  readonly modelId: string
  readonly supportedUrls: unknown
  doGenerate(options: never): PromiseLike<unknown>
  doStream(options: never): PromiseLike<unknown>
}

type Surface = keyof AnyLanguageModel

/** A governed model has what a specification asks for and nothing else: no vendor method stays open beside it. */
export type GovernedModel<Model extends AnyLanguageModel> = Model extends unknown
  ? Pick<Model, Surface>
  : never

/** Whether it is a model of a specification that is known here. */
export function isLanguageModel(value: unknown): value is AnyLanguageModel {
  const { specificationVersion, doGenerate, doStream } = fieldsOf(value)
  return (
    typeof specificationVersion === 'string' &&
    ['v2', 'v3', 'v4'].includes(specificationVersion) &&
    typeof doGenerate === 'function' &&
    typeof doStream === 'function'
  )
}
