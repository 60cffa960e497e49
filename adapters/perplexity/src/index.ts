export { createPerplexityRetriever } from './perplexity.ts'
export type { PerplexityOptions } from './options.ts'
export type { SearchFilters } from './search-filters.ts'
