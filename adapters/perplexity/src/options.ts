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
  /** Without `/v1`; `https://api.perplexity.ai` by default. */
  readonly baseUrl?: string
  /** A model such as `perplexity/sonar` or `openai/gpt-5.5`. Give either a model or a preset. */
  readonly model?: string
  /** A configuration that Perplexity keeps, such as `fast-search`. Only for the Agent API. */
  readonly preset?: string
  /** How to answer; sent as system instructions. */
  readonly instructions?: string
  readonly filters?: SearchFilters
  /** Asks for data of this shape instead of prose. The data is validated here, and becomes `evidence.data`. */
  readonly schema?: z.ZodObject
  /** `agent` by default. `sonar` uses the chat completions, the older API. */
  readonly api?: 'agent' | 'sonar'
  /**
   * How often a failed request is repeated, each time as an attempt on record; by default 2, or the client's setting.
   */
  readonly maxRetries?: number
  readonly maxOutputTokens?: number
  /** The id of the retriever on record; `agent:perplexity` by default. */
  readonly agentId?: string
  readonly displayName?: string
  /** The person or system for whom it acts. */
  readonly onBehalfOf?: Principal
  /** Time limit for a whole answer with its retries; 120,000 by default, because searches are slow. */
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

/** Throws `invalid_config` for an unknown option, and if the options do not name one model or one preset. */
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
      hint: 'Name a model. For the Agent API you may name a preset instead, but not both.',
    },
  )
}
