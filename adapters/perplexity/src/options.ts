import {
  LoopError,
  refuseStrayKeys,
  type Clock,
  type KnownKeys,
  type Principal,
} from '@loop-engine/core'
import type { Perplexity } from '@perplexity-ai/perplexity_ai'
import type { z } from 'zod'

import type { SearchFilters } from './search-filters.ts'

export interface PerplexityOptions {
  readonly apiKey?: string
  /** A client of the SDK instead of a key. */
  readonly client?: Perplexity
  /** Perplexity's by default; without `/v1`. */
  readonly baseUrl?: string
  /** Such as `perplexity/sonar` or `openai/gpt-5.5`. Either this or a preset. */
  readonly model?: string
  /** A configuration that Perplexity keeps, such as `fast-search`. For the Agent API alone. */
  readonly preset?: string
  /** How to answer; sent as the system's instructions. */
  readonly instructions?: string
  readonly filters?: SearchFilters
  /** Asks for data of this shape beside the text, validated here; it becomes `evidence.data`. */
  readonly schema?: z.ZodObject
  /** `sonar` speaks the chat completions of before the Agent API. */
  readonly api?: 'agent' | 'sonar'
  /** Of one question, each seen as an attempt; 2 by default, or what the client says. */
  readonly maxRetries?: number
  readonly maxOutputTokens?: number
  /** Who the retriever is in the record; `agent:perplexity` by default. */
  readonly agentId?: string
  readonly displayName?: string
  /** For whom it acts. */
  readonly onBehalfOf?: Principal
  /** For a whole answer with its retries; 120,000 by default, because searches take their time. */
  readonly timeoutMs?: number
  readonly clock?: Pick<Clock, 'now'>
}

const optionKeys: KnownKeys<PerplexityOptions> = {
  apiKey: true,
  client: true,
  baseUrl: true,
  model: true,
  preset: true,
  instructions: true,
  filters: true,
  schema: true,
  api: true,
  maxRetries: true,
  maxOutputTokens: true,
  agentId: true,
  displayName: true,
  onBehalfOf: true,
  timeoutMs: true,
  clock: true,
}

/** Throws `invalid_config` for what would be ignored, and where it is not said which model to ask. */
export function checkOptions(options: PerplexityOptions): void {
  refuseStrayKeys(options, optionKeys, {
    what: 'createPerplexityRetriever',
    code: 'invalid_config',
  })
  const { api, model, preset } = options
  const fits = api === 'sonar' ? model && !preset : Boolean(model) !== Boolean(preset)
  if (fits) return
  throw new LoopError(
    'invalid_config',
    'The perplexity adapter does not know which model to ask.',
    {
      plugin: 'perplexity',
      path: '/model',
      hint: 'Name a model; or for the Agent API a preset instead, never both.',
    },
  )
}
