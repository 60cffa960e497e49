import { LoopError, refuseStrayKeys, type KnownKeys, type Provider } from '@loop-engine/core'
import {
  createModelProvider,
  decisionBody,
  present,
  providerKeys,
  readResponse,
  readResponseStream,
  readSdkFault,
  withOwnHeaders,
  type ProviderOptions,
} from '@loop-engine/core/provider'
import { OpenAI } from 'openai'

import { familyBody, type ModelParameters } from './model-family.ts'

export interface OpenAIOptions extends ProviderOptions, ModelParameters {
  readonly apiKey?: string
  /** A client of your own instead of a key, used with its address, proxies, authentication and logging. */
  readonly client?: OpenAI
  /** With `/v1`; `https://api.openai.com/v1` by default. */
  readonly baseUrl?: string
  readonly organization?: string
  readonly project?: string
  /**
   * How often a failed request is repeated, each time as an attempt on record; by default 2, or the client's setting.
   */
  readonly maxRetries?: number
  /** Includes reasoning; the model's own limit by default. */
  readonly maxOutputTokens?: number
}

const optionKeys: KnownKeys<OpenAIOptions> = {
  ...providerKeys,
  apiKey: true,
  client: true,
  baseUrl: true,
  organization: true,
  project: true,
  maxRetries: true,
  maxOutputTokens: true,
  model: true,
  family: true,
  temperature: true,
  reasoningEffort: true,
}

/**
 * OpenAI models as governed actors, through the Responses API. Throws `invalid_config` without a key or a client, and
 * for a parameter that the model refuses.
 *
 * @example
 * const actor = createOpenAIActorAdapter({ apiKey, model: 'gpt-5.5' })
 * const { actor: agent, signal, decision } = await actor.createSubmission(context)
 */
export function createOpenAIActorAdapter(options: OpenAIOptions): Provider {
  refuseStrayKeys(options, optionKeys, { what: 'createOpenAIActorAdapter', code: 'invalid_config' })
  const { model, maxOutputTokens, maxRetries } = options
  const parameters = familyBody(options)
  const client = options.client ?? createClient(options)

  return createModelProvider(
    {
      name: 'openai',
      model,
      readFault: readSdkFault,
      async send(request, { signal, attempts, onText }) {
        const body = {
          model,
          ...decisionBody(request),
          ...parameters,
          ...present({ max_output_tokens: maxOutputTokens }),
        }
        const settings = { signal, ...present({ maxRetries }) }
        // The SDK has no hook for a single call, but a copy of a client with another fetch is cheap.
        const { responses } = client.withOptions({ fetch: attempts.fetch(client['fetch']) })
        if (onText)
          return readResponseStream(
            await responses.create({ ...body, stream: true }, settings),
            onText,
          )
        const response = await responses.create(body, settings).asResponse()
        return readResponse(await response.json())
      },
    },
    options,
  )
}

/** Sets every option that the SDK would otherwise read from the environment. */
function createClient({
  apiKey,
  baseUrl = 'https://api.openai.com/v1',
  organization,
  project,
}: OpenAIOptions): OpenAI {
  if (!apiKey) {
    throw new LoopError('invalid_config', 'The openai adapter has neither a key nor a client.', {
      plugin: 'openai',
      path: '/apiKey',
      hint: 'Hand in apiKey, or a client of the openai package.',
    })
  }
  const headers = {
    authorization: `Bearer ${apiKey}`,
    ...present({ 'openai-organization': organization, 'openai-project': project }),
  }
  return new OpenAI({
    apiKey,
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    baseURL: baseUrl,
    logLevel: 'off',
    fetch: withOwnHeaders(headers),
  })
}
