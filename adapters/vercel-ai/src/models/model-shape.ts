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

export type Fields = Readonly<Record<string, unknown>>

const noFields: Fields = Object.freeze({})

/** The members of an object or a function (providers are functions); none of anything else. */
export function fieldsOf(value: unknown): Fields {
  // Any object can be read by key; what is found is unknown still.
  const hasFields = typeof value === 'function' || (typeof value === 'object' && value !== null)
  return hasFields ? (value as Fields) : noFields
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** A text that is worth recording, cut to what a record takes. */
export function textOf(value: unknown, maxLength = 256): string | undefined {
  return typeof value === 'string' && value !== ''
    ? value.slice(0, maxLength).toWellFormed()
    : undefined
}

export function countOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined
}

export function abortSignalOf(params: unknown): AbortSignal | undefined {
  const { abortSignal } = fieldsOf(params)
  return abortSignal instanceof AbortSignal ? abortSignal : undefined
}

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
