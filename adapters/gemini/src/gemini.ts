import { LoopError, refuseStrayKeys, type KnownKeys, type Provider } from '@loop-engine/core'
import { createModelProvider, providerKeys } from '@loop-engine/core/provider'

import { readGeminiFault } from './gemini-fault.ts'
import { createGenAIClient, sendByGenAI } from './genai-client.ts'
import { sendByGenerativeAI } from './generative-ai-client.ts'
import type { GeminiOptions, GenAIClient } from './options.ts'

const optionKeys: KnownKeys<GeminiOptions> = {
  ...providerKeys,
  apiKey: true,
  model: true,
  client: true,
  baseUrl: true,
  apiVersion: true,
  maxRetries: true,
  maxOutputTokens: true,
  temperature: true,
}

/** Gemini as an actor: picks one of the open signals. Throws `invalid_config` without a key or a client. */
export function createGeminiActorAdapter(options: GeminiOptions): Provider {
  refuseStrayKeys(options, optionKeys, { what: 'createGeminiActorAdapter', code: 'invalid_config' })
  const { model, client } = options
  const send =
    client && 'getGenerativeModel' in client
      ? sendByGenerativeAI(client, options)
      : sendByGenAI(client ? () => Promise.resolve(client) : lazyClient(options), options)

  return createModelProvider({ name: 'gemini', model, send, readFault: readGeminiFault }, options)
}

function lazyClient({ apiKey, ...address }: GeminiOptions): () => Promise<GenAIClient> {
  if (!apiKey) {
    throw new LoopError('invalid_config', 'The gemini adapter has neither a key nor a client.', {
      plugin: 'gemini',
      path: '/apiKey',
      hint: 'Hand in apiKey or client; the environment is not read.',
    })
  }
  let client: Promise<GenAIClient> | undefined
  return () => (client ??= createGenAIClient({ apiKey, ...address }))
}
