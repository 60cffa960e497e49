import Anthropic from '@anthropic-ai/sdk'
import { jsonSchemaOutputFormat } from '@anthropic-ai/sdk/helpers/json-schema'
import {
  LoopError,
  refuseStrayKeys,
  type JsonObject,
  type KnownKeys,
  type Provider,
} from '@loop-engine/core'
import {
  createModelProvider,
  present,
  providerKeys,
  withOwnHeaders,
  type AttemptLog,
  type ModelVendor,
  type DecisionRequest,
  type ModelAnswer,
  type ProviderOptions,
} from '@loop-engine/core/provider'

import { readMessage } from './anthropic-answer.ts'
import { readAnthropicFault } from './anthropic-fault.ts'

/** The part of a client of `@anthropic-ai/sdk` that is used; clients for Bedrock, Vertex and Foundry have it too. */
export interface AnthropicClient {
  readonly messages: Pick<Anthropic['messages'], 'create' | 'stream'>
  /** Milliseconds, for one attempt. */
  readonly timeout?: number
}

export interface AnthropicOptions extends ProviderOptions {
  /** Required unless a client is handed in. */
  readonly apiKey?: string
  readonly model: string
  /** Used with its own key, address, fetch and middleware. */
  readonly client?: AnthropicClient
  /** Without `/v1`; `https://api.anthropic.com` by default. */
  readonly baseUrl?: string
  /** How often the SDK repeats a failed request; by default 2, or the setting of the client. */
  readonly maxRetries?: number
  /** Includes thinking; 4,096 by default. */
  readonly maxOutputTokens?: number
  /** Not sent by default: several models refuse it. */
  readonly temperature?: number
}

const optionKeys: KnownKeys<AnthropicOptions> = {
  ...providerKeys,
  apiKey: true,
  model: true,
  client: true,
  baseUrl: true,
  maxRetries: true,
  maxOutputTokens: true,
  temperature: true,
}

/** Claude as an actor: picks one of the open signals. Throws `invalid_config` without a key or a client. */
export function createAnthropicActorAdapter(options: AnthropicOptions): Provider {
  refuseStrayKeys(options, optionKeys, {
    what: 'createAnthropicActorAdapter',
    code: 'invalid_config',
  })
  return createModelProvider(anthropicVendor(options), options)
}

function anthropicVendor({
  model,
  maxRetries,
  maxOutputTokens = 4096,
  temperature,
  timeoutMs = 60_000,
  ...connection
}: AnthropicOptions): ModelVendor<DecisionRequest, ModelAnswer> {
  const client = connection.client ?? createClient(connection)

  return {
    name: 'anthropic',
    model,
    readFault: readAnthropicFault,

    async send({ system, user, schema }, { signal, attempts, onText }) {
      const body = {
        model,
        max_tokens: maxOutputTokens,
        system,
        messages: [{ role: 'user' as const, content: user }],
        output_config: { format: { type: 'json_schema' as const, schema: supported(schema) } },
        ...present({ temperature }),
      }
      const request = {
        signal,
        // The middleware sees each retry of the SDK, also in a client that was handed in.
        middleware: [middlewareOf(attempts)],
        // Required: without a timeout the SDK refuses large answers that are not streamed.
        timeout: Math.min(client.timeout ?? timeoutMs, timeoutMs),
        ...present({ maxRetries }),
      }
      if (!onText) return readMessage(await client.messages.create(body, request))
      const stream = client.messages.stream(body, request)
      return readMessage(await stream.on('text', onText).finalMessage())
    },
  }
}

function createClient({
  apiKey,
  baseUrl,
}: Pick<AnthropicOptions, 'apiKey' | 'baseUrl'>): Anthropic {
  if (!apiKey) {
    throw new LoopError('invalid_config', 'The anthropic adapter has neither a key nor a client.', {
      plugin: 'anthropic',
      path: '/apiKey',
      hint: 'Hand in apiKey or client; the environment is not read.',
    })
  }
  return new Anthropic({
    apiKey,
    // The SDK would read any setting that is left out here from the environment.
    baseURL: baseUrl ?? 'https://api.anthropic.com',
    fetch: withOwnHeaders({
      authorization: `Bearer ${apiKey}`,
      'anthropic-version': '2023-06-01',
    }),
    webhookKey: null,
    logLevel: 'off',
    openTelemetry: false,
  })
}

/**
 * Moves constraints that Anthropic's strict mode does not support (`minimum`, `maxLength`, …) into descriptions;
 * answers are checked against the whole schema later. Throws `invalid_config` for a field without a type.
 */
function supported(schema: JsonObject): Record<string, unknown> {
  try {
    return jsonSchemaOutputFormat({ ...schema, type: 'object' }).schema
  } catch {
    throw new LoopError('invalid_config', 'The schemas of Anthropic cannot express these fields.', {
      plugin: 'anthropic',
      path: '/fields',
      hint: 'Give every field a type: z.any() and z.unknown() have none.',
    })
  }
}

type Middleware = NonNullable<Anthropic.RequestOptions['middleware']>[number]

function middlewareOf(attempts: AttemptLog): Middleware {
  return (request, next) => {
    // The SDK has written the body as JSON text by now.
    const body = typeof request.body === 'string' ? request.body : null
    return attempts.fetch(() => next(request))(request.url, { body })
  }
}
