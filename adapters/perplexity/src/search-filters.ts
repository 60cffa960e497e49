import { LoopError } from '@loop-engine/core'

/** Where and when to search; the same for both of Perplexity's APIs. */
export interface SearchFilters {
  /** Only these domains or addresses, or none of these if each begins with `-`; at most 20. */
  readonly domains?: readonly string[]
  /** Only pages that were published within this time. */
  readonly recency?: 'hour' | 'day' | 'week' | 'month' | 'year'
  /** Only pages that were published on this day or later: `2026-11-21`. */
  readonly after?: string
  /** Only pages that were published on this day or earlier: `2026-11-21`. */
  readonly before?: string
}

export interface WireFilters {
  search_domain_filter?: string[]
  search_recency_filter?: NonNullable<SearchFilters['recency']>
  search_after_date_filter?: string
  search_before_date_filter?: string
}

/**
 * The filters in Perplexity's format; undefined if there are none. Throws `invalid_config` for filters that it refuses.
 */
export function wireFilters({
  domains,
  recency,
  after,
  before,
}: SearchFilters): WireFilters | undefined {
  if (domains && domains.length > 20)
    throw misuse('domains', 'more than 20 domains', 'Name at most 20.')
  const excluded = domains?.filter((domain) => domain.startsWith('-')).length ?? 0
  if (domains && excluded > 0 && excluded < domains.length)
    throw misuse('domains', 'both wanted and unwanted domains', 'Put a `-` before all, or none.')
  const wire = {
    ...(domains && domains.length > 0 && { search_domain_filter: [...domains] }),
    ...(recency && { search_recency_filter: recency }),
    ...(after !== undefined && { search_after_date_filter: wireDate(after, 'after') }),
    ...(before !== undefined && { search_before_date_filter: wireDate(before, 'before') }),
  }
  return Object.keys(wire).length > 0 ? wire : undefined
}

/** `2026-11-21` becomes `11/21/2026`. */
function wireDate(text: string, filter: string): string {
  const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text) ?? []
  const date = new Date(`${text}T00:00:00Z`)
  if (!year || Number.isNaN(date.getTime()) || date.toISOString().slice(0, 10) !== text)
    throw misuse(filter, 'a date that does not exist', 'Write dates as 2026-11-21.')
  return `${month}/${day}/${year}`
}

function misuse(filter: string, what: string, hint: string): LoopError {
  return new LoopError('invalid_config', `The filters of the perplexity adapter name ${what}.`, {
    plugin: 'perplexity',
    path: `/filters/${filter}`,
    hint,
  })
}
