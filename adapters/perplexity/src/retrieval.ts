import type { WireFilters } from './search-filters.ts'

/** One question, before an interface of Perplexity puts it in its words. */
export interface Retrieval {
  readonly query: string
  readonly model?: string | undefined
  readonly preset?: string | undefined
  readonly instructions?: string | undefined
  readonly filters?: WireFilters | undefined
  /** JSON Schema of the answer, when it shall be data. */
  readonly schema?: Record<string, unknown> | undefined
  readonly maxOutputTokens?: number | undefined
}

export interface RequestSettings {
  readonly signal: AbortSignal
  readonly maxRetries?: number
}
