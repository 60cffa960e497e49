import {
  present,
  readResponse,
  readResponseStream,
  type ResponsesAnswer,
} from '@loop-engine/core/provider'
import type { Perplexity } from '@perplexity-ai/perplexity_ai'
import { z } from 'zod'

import { readCitations, readQueries, type FoundAnswer } from './grounding.ts'
import type { RequestSettings, Retrieval } from './retrieval.ts'
import type { WireFilters } from './search-filters.ts'

/** Asks through the Agent API, where search is a tool: without the tool a model answers from memory. */
export async function askAgent(
  client: Perplexity,
  retrieval: Retrieval,
  settings: RequestSettings,
  onText?: (delta: string) => void,
): Promise<FoundAnswer> {
  const body = agentBody(retrieval)
  if (onText) {
    const stream = await client.responses.create({ ...body, stream: true }, settings)
    return withGrounding(await readResponseStream(stream, onText))
  }
  const response = await client.responses.create(body, settings).asResponse()
  return withGrounding(readResponse(await response.json()))
}

function agentBody({ query, model, preset, instructions, filters, ...rest }: Retrieval): {
  readonly input: string
  readonly store: false
  readonly tools: { readonly type: 'web_search'; readonly filters?: WireFilters }[]
} {
  const { schema, maxOutputTokens } = rest
  return {
    input: query,
    ...present({ model, preset, instructions, max_output_tokens: maxOutputTokens }),
    tools: [{ type: 'web_search', ...present({ filters }) }],
    store: false,
    // Perplexity has its own field for the format, and refuses OpenAI's `text.format` with 400.
    ...(schema && {
      response_format: {
        type: 'json_schema' as const,
        json_schema: { name: 'answer', schema, strict: true },
      },
    }),
  }
}

const searchSchema = z.object({
  type: z.literal('search_results'),
  queries: z.array(z.unknown()).nullish(),
  results: z.array(z.unknown()),
})
/** Pages that the model of a preset opened besides its search. */
const pagesSchema = z.object({
  type: z.literal('fetch_url_results'),
  contents: z.array(z.unknown()),
})

function withGrounding({ items, ...answer }: ResponsesAnswer): FoundAnswer {
  const searches = items.flatMap((item) => searchSchema.safeParse(item).data ?? [])
  const pages = items.flatMap((item) => pagesSchema.safeParse(item).data ?? [])
  return {
    ...answer,
    citations: readCitations([
      ...searches.flatMap(({ results }) => results),
      ...pages.flatMap(({ contents }) => contents),
    ]),
    queries: readQueries(searches.flatMap(({ queries }) => queries ?? [])),
  }
}
