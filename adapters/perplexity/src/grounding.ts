import { LoopError, type Citation, type JsonObject } from '@loop-engine/core'
import { present, type ModelAnswer } from '@loop-engine/core/provider'
import { z } from 'zod'

/** An answer with its sources, from either of Perplexity's APIs. */
export interface FoundAnswer extends ModelAnswer {
  readonly citations: readonly Citation[]
  /** The searches of the model. */
  readonly queries: readonly string[]
}

/** Limits of evidence, because a record is kept for ever. */
const bounds = {
  citations: 50,
  queries: 20,
  titleCharacters: 300,
  snippetCharacters: 1_000,
  queryCharacters: 500,
  urlCharacters: 2_048,
  evidenceBytes: 256 * 1024,
} as const

const text = z.string().nullish().catch(null)
// A browser replaces half a character in an address as `toWellFormed` does.
const address = z.string().transform((url) => url.toWellFormed())
const sourceSchema = z.object({ url: address, title: text, snippet: text, date: text })

/** Reads the sources in the order in which the answer numbers them: each address once, and only `http` and `https`. */
export function readCitations(sources: readonly unknown[]): Citation[] {
  const seen = new Map<string, Citation>()
  for (const source of sources) {
    const read = sourceSchema.safeParse(source)
    if (!read.success || seen.has(read.data.url) || !isWebAddress(read.data.url)) continue
    const { url, title, snippet, date } = read.data
    seen.set(url, {
      url,
      ...present({
        title: title ? cut(title, bounds.titleCharacters) : undefined,
        snippet: snippet ? cut(snippet, bounds.snippetCharacters) : undefined,
        publishedAt: date ? cut(date, bounds.queryCharacters) : undefined,
      }),
    })
  }
  return [...seen.values()].slice(0, bounds.citations)
}

export function readQueries(queries: readonly unknown[]): string[] {
  return queries
    .filter((query) => typeof query === 'string')
    .map((query) => cut(query, bounds.queryCharacters))
    .slice(0, bounds.queries)
}

/**
 * Throws `too_large` for evidence that does not fit a record. It is never cut, because that could change its meaning.
 */
export function boundEvidence(evidence: JsonObject, details: Record<string, unknown>): JsonObject {
  const bytes = new TextEncoder().encode(JSON.stringify(evidence)).length
  if (bytes <= bounds.evidenceBytes) return evidence
  throw new LoopError('too_large', 'The answer of Perplexity is too large for a record.', {
    plugin: 'perplexity',
    hint: 'Ask a narrower question, or lower maxOutputTokens.',
    details: { ...details, bytes, maxBytes: bounds.evidenceBytes },
  })
}

function isWebAddress(url: string): boolean {
  if (url.length > bounds.urlCharacters || !URL.canParse(url)) return false
  return ['http:', 'https:'].includes(new URL(url).protocol)
}

/** Cuts a text to length, never in the middle of a character: canonical JSON refuses half a character. */
function cut(value: string, characters: number): string {
  const whole = value.toWellFormed()
  return whole.length <= characters ? whole : `${whole.slice(0, characters).toWellFormed()}…`
}
