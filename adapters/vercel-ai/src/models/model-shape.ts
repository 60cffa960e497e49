import { fieldsOf } from '../fields.ts'

/**
 * What models of `ai` 5, 6 and 7 (specifications v2, v3 and v4) have in common, as far as governing needs it. The type
 * is structural, so that no major of the SDK is imported at run time; parameters and results are read field by field.
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

/** A governed model has only what its specification asks for: a method of the vendor would be a way around. */
export type GovernedModel<Model extends AnyLanguageModel> = Model extends unknown
  ? Pick<Model, Surface>
  : never

/** Whether the value is a model of specification v2, v3 or v4. */
export function isLanguageModel(value: unknown): value is AnyLanguageModel {
  const { specificationVersion, doGenerate, doStream } = fieldsOf(value)
  return (
    typeof specificationVersion === 'string' &&
    ['v2', 'v3', 'v4'].includes(specificationVersion) &&
    typeof doGenerate === 'function' &&
    typeof doStream === 'function'
  )
}
