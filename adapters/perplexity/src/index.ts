export { createPerplexityRetriever, type PerplexityOptions } from './perplexity.ts'
export type { SearchFilters } from './search-filters.ts'
