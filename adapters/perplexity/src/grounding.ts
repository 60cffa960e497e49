import { LoopError, type Citation, type JsonObject } from '@loop-engine/core'
import { present, type ModelAnswer } from '@loop-engine/core/provider'
import { z } from 'zod'

/** An answer and what it rests on, as either interface of Perplexity sent it. */
export interface FoundAnswer extends ModelAnswer {
  readonly citations: readonly Citation[]
  /** What the model searched for. */
  readonly queries: readonly string[]
}

/** What evidence may hold; a record is kept for ever. */
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
// A browser reads half a character in an address as `toWellFormed` does.
const address = z.string().transform((url) => url.toWellFormed())
const sourceSchema = z.object({ url: address, title: text, snippet: text, date: text })

/** Reads sources in the order in which an answer counts them: each address once, and only what a browser may open. */
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

/** Evidence that fits a record. An answer is never cut, because what it leaves out might turn its meaning. */
export function boundEvidence(evidence: JsonObject, details: Record<string, unknown>): JsonObject {
  const bytes = new TextEncoder().encode(JSON.stringify(evidence)).length
  if (bytes <= bounds.evidenceBytes) return evidence
  throw new LoopError('too_large', 'perplexity answered with more than a record may hold.', {
    plugin: 'perplexity',
    hint: 'Ask a narrower question, or lower maxOutputTokens.',
    details: { ...details, bytes, maxBytes: bounds.evidenceBytes },
  })
}

function isWebAddress(url: string): boolean {
  if (url.length > bounds.urlCharacters || !URL.canParse(url)) return false
  return ['http:', 'https:'].includes(new URL(url).protocol)
}

/** Never in the middle of a character, which canonical JSON would refuse. */
function cut(value: string, characters: number): string {
  const whole = value.toWellFormed()
  return whole.length <= characters ? whole : `${whole.slice(0, characters).toWellFormed()}…`
}
