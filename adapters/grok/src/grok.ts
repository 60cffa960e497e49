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

import { withNestedErrors } from './flat-errors.ts'

export interface GrokOptions extends ProviderOptions {
  readonly model: string
  readonly apiKey?: string
  /** A client of the openai package with the address of xAI, instead of a key. */
  readonly client?: OpenAI
  /** With `/v1`; `https://api.x.ai/v1` by default. */
  readonly baseUrl?: string
  /**
   * How often a failed request is repeated, each time as an attempt on record; by default 2, or the client's setting.
   */
  readonly maxRetries?: number
  /** Includes reasoning; the model's own limit by default. */
  readonly maxOutputTokens?: number
  /** 0..2; xAI advises 0.7. */
  readonly temperature?: number
  /** xAI answers 400 for models that always reason or never do. */
  readonly reasoningEffort?: 'none' | 'low' | 'medium' | 'high' | 'xhigh'
}

const optionKeys: KnownKeys<GrokOptions> = {
  ...providerKeys,
  model: true,
  apiKey: true,
  client: true,
  baseUrl: true,
  maxRetries: true,
  maxOutputTokens: true,
  temperature: true,
  reasoningEffort: true,
}

/**
 * Grok models of xAI as governed actors, through xAI's Responses API and the `openai` package, as xAI documents it.
 * Throws `invalid_config` without a key or a client.
 *
 * @example
 * const actor = createGrokActorAdapter({ apiKey, model: 'grok-4.3' })
 * const { actor: agent, signal, decision } = await actor.createSubmission(context)
 */
export function createGrokActorAdapter(options: GrokOptions): Provider {
  refuseStrayKeys(options, optionKeys, { what: 'createGrokActorAdapter', code: 'invalid_config' })
  const { model, maxOutputTokens, temperature, reasoningEffort, maxRetries } = options
  const client = options.client ?? createClient(options)

  return createModelProvider(
    {
      name: 'grok',
      model,
      readFault: readSdkFault,
      async send(request, { signal, attempts, onText }) {
        const { instructions, input, text, store } = decisionBody(request)
        const body = {
          model,
          // Instructions go as a message, because not every model behind this API reads `instructions`.
          input: [{ role: 'system' as const, content: instructions }, ...input],
          text,
          store,
          ...present({
            max_output_tokens: maxOutputTokens,
            temperature,
            reasoning: reasoningEffort && { effort: reasoningEffort },
          }),
        }
        const settings = { signal, ...present({ maxRetries }) }
        const fetch = attempts.fetch(withNestedErrors(client['fetch']))
        const { responses } = client.withOptions({ fetch })
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

/**
 * Sets every option that the SDK would otherwise read from the environment, where the settings are meant for OpenAI.
 */
function createClient({ apiKey, baseUrl = 'https://api.x.ai/v1' }: GrokOptions): OpenAI {
  if (!apiKey) {
    throw new LoopError('invalid_config', 'The grok adapter has neither a key nor a client.', {
      plugin: 'grok',
      path: '/apiKey',
      hint: 'Hand in apiKey, or a client of the openai package with the base URL of xAI.',
    })
  }
  return new OpenAI({
    apiKey,
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    baseURL: baseUrl,
    logLevel: 'off',
    fetch: withOwnHeaders({ authorization: `Bearer ${apiKey}` }),
  })
}
