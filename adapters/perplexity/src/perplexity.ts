import {
  deepFreeze,
  LoopError,
  systemClock,
  type GroundedAnswer,
  type JsonObject,
  type Retriever,
} from '@loop-engine/core'
import {
  answerDetails,
  callModel,
  checkTimeout,
  present,
  readSdkFault,
  toStrictJsonSchema,
  withOwnHeaders,
  type ModelVendor,
} from '@loop-engine/core/provider'
import { Perplexity } from '@perplexity-ai/perplexity_ai'

import { askAgent } from './agent-api.ts'
import { boundEvidence, type FoundAnswer } from './grounding.ts'
import { checkOptions, type PerplexityOptions } from './options.ts'
import { wireFilters } from './search-filters.ts'
import { askSonar } from './sonar-api.ts'
import { readStructured } from './structured-answer.ts'

/**
 * Finds facts with Perplexity: an answer with its sources. Throws `invalid_config` for options that cannot work; an
 * answer without a source is refused with `bad_response`.
 *
 * @example
 * const research = createPerplexityRetriever({ apiKey, model: 'perplexity/sonar' })
 * const { actor, evidence } = await research.retrieve('When does the support of Node.js 22 end?')
 */
export function createPerplexityRetriever(options: PerplexityOptions): Retriever {
  checkOptions(options)
  const { agentId = 'agent:perplexity', displayName, onBehalfOf, schema } = options
  const { timeoutMs = 120_000, clock = systemClock } = options
  const vendor = createVendor(options)
  checkTimeout(vendor.name, timeoutMs)

  return {
    contract: 'retriever/v1',
    name: vendor.name,
    model: vendor.model,

    async retrieve(asked, callOptions = {}): Promise<GroundedAnswer> {
      // A text that was cut may end in half a character, which can be neither hashed nor recorded.
      const query = asked.toWellFormed()
      if (query.trim() === '')
        throw new LoopError('invalid_input', 'The question for the retriever is empty.', {
          plugin: vendor.name,
          hint: 'Hand in a question.',
        })
      const limits = { timeoutMs, clock }
      const attribution = { agentId, displayName, onBehalfOf }
      const call = await callModel(vendor, query, limits, attribution, callOptions)
      const { answer, actor, requestId, attempts } = call
      const details = answerDetails({ ...answer, requestId }, attempts)
      checkGrounded(answer, details)
      const { citations, queries, usage } = answer
      // Like the query: half a character cannot be recorded.
      const text = answer.text.toWellFormed()
      const evidence = {
        query,
        answer: text,
        ...(schema && { data: await readStructured(schema, answer.text, details) }),
        citations: citations.map((citation) => ({ ...citation })),
        queries: [...queries],
        retrievedAt: new Date(clock.now()).toISOString(),
        // Another actor may attach the evidence to a transition; it still names the retriever that found it.
        retrievedBy: present({
          provider: vendor.name,
          modelId: vendor.model,
          servedModel: actor.servedModel,
          responseId: answer.responseId,
          promptHash: actor.promptHash,
        }),
      } satisfies JsonObject
      return deepFreeze({
        actor,
        answer: text,
        citations,
        evidence: boundEvidence(evidence, details),
        ...(usage && { usage }),
        requestId,
        attempts,
      })
    },
  }
}

function createVendor(options: PerplexityOptions): ModelVendor<string, FoundAnswer> {
  const { api = 'agent', model, preset, instructions, filters = {}, schema, maxRetries } = options
  const client = options.client ?? createClient(options)
  const retrieval = {
    model,
    preset,
    instructions,
    filters: wireFilters(filters),
    schema: schema && toStrictJsonSchema(schema, '/schema'),
    maxOutputTokens: options.maxOutputTokens,
  }
  const ask = api === 'sonar' ? askSonar : askAgent

  return {
    name: 'perplexity',
    model: model ?? `preset:${preset}`,
    readFault: readSdkFault,
    send(query, { signal, attempts, onText }) {
      const settings = { signal, ...present({ maxRetries }) }
      const watched = client.withOptions({ fetch: attempts.fetch(client['fetch']) })
      return ask(watched, { query, ...retrieval }, settings, onText)
    },
  }
}

function checkGrounded({ text, citations }: FoundAnswer, details: Record<string, unknown>): void {
  if (text !== '' && citations.length > 0) return
  throw new LoopError('bad_response', 'Perplexity gave no answer with a source.', {
    plugin: 'perplexity',
    retryable: true,
    hint: 'Ask again, widen the filters, or ask about something that can be looked up.',
    details,
  })
}

/** Sets every option that the SDK would otherwise read from the environment. */
function createClient({
  apiKey,
  baseUrl = 'https://api.perplexity.ai',
}: PerplexityOptions): Perplexity {
  if (!apiKey) {
    throw new LoopError(
      'invalid_config',
      'The perplexity adapter has neither a key nor a client.',
      {
        plugin: 'perplexity',
        path: '/apiKey',
        hint: 'Hand in apiKey, or a client of @perplexity-ai/perplexity_ai.',
      },
    )
  }
  return new Perplexity({
    apiKey,
    baseURL: baseUrl,
    logLevel: 'off',
    fetch: withOwnHeaders({ authorization: `Bearer ${apiKey}` }),
  })
}
