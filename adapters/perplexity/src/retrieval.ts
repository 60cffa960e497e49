import type { WireFilters } from './search-filters.ts'

/** One question, before it is written for one of Perplexity's APIs. */
export interface Retrieval {
  readonly query: string
  readonly model?: string | undefined
  readonly preset?: string | undefined
  readonly instructions?: string | undefined
  readonly filters?: WireFilters | undefined
  /** JSON Schema of the answer, if data is asked for. */
  readonly schema?: Record<string, unknown> | undefined
  readonly maxOutputTokens?: number | undefined
}

export interface RequestSettings {
  readonly signal: AbortSignal
  readonly maxRetries?: number
}
