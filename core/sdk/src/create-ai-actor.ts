import { LoopError, type Provider } from '@loop-engine/core'
import type { ProviderOptions } from '@loop-engine/core/provider'

export const aiProviders = ['anthropic', 'openai', 'gemini', 'grok'] as const
export type AIProvider = (typeof aiProviders)[number]

/**
 * The options that every adapter takes. Any other, such as
 * `reasoningEffort`, is handed on to the adapter, which checks it.
 */
export interface AIActorOptions extends ProviderOptions {
  readonly provider: AIProvider
  /** The vendor's name for the model. */
  readonly model: string
  /** Required unless `client` is given. */
  readonly apiKey?: string
  /** A client of the vendor's SDK. */
  readonly client?: unknown
  readonly baseUrl?: string
  readonly maxRetries?: number
  readonly maxOutputTokens?: number
  readonly temperature?: number
  readonly [option: string]: unknown
}

interface Adapter {
  /** What users install: the adapter and its vendor's SDK. */
  readonly packages: readonly string[]
  /** Each `import` is written out with its specifier, so that bundlers find it. */
  load(): Promise<(options: never) => Provider>
}

const adapters: Readonly<Record<AIProvider, Adapter>> = {
  anthropic: {
    packages: ['@loop-engine/adapter-anthropic', '@anthropic-ai/sdk'],
    load: async () => (await import('@loop-engine/adapter-anthropic')).createAnthropicActorAdapter,
  },
  openai: {
    packages: ['@loop-engine/adapter-openai', 'openai'],
    load: async () => (await import('@loop-engine/adapter-openai')).createOpenAIActorAdapter,
  },
  gemini: {
    packages: ['@loop-engine/adapter-gemini', '@google/genai'],
    load: async () => (await import('@loop-engine/adapter-gemini')).createGeminiActorAdapter,
  },
  grok: {
    packages: ['@loop-engine/adapter-grok', 'openai'],
    load: async () => (await import('@loop-engine/adapter-grok')).createGrokActorAdapter,
  },
}

/**
 * Turns a model into an actor, through the adapter of its vendor. Only that adapter is loaded, when this is called.
 * Install the adapter and the vendor's SDK beside this package. Throws `invalid_config` for an unknown provider or a
 * wrong option; for a missing package, the hint is the command that installs it.
 *
 * @example
 * const actor = await createAIActor({ provider: 'anthropic', model: 'claude-opus-4-6', apiKey })
 * const { actor: agent, signal, decision } = await actor.createSubmission(context)
 */
export async function createAIActor({ provider, ...options }: AIActorOptions): Promise<Provider> {
  if (!Object.hasOwn(adapters, provider)) throw unknownProvider(provider)
  const { packages, load } = adapters[provider]
  const create = await load().catch((error: unknown) => {
    throw isMissing(error) ? notInstalled(provider, packages, error) : error
  })
  // Each adapter checks its own options, which have no common type.
  return create(options as never)
}

/** Other names of vendors and products, each with the hint that leads to the right one. */
const otherNames: Readonly<Record<string, string>> = {
  claude: 'Did you mean "anthropic"?',
  gpt: 'Did you mean "openai"?',
  google: 'Did you mean "gemini"?',
  xai: 'Did you mean "grok"?',
  perplexity:
    'Perplexity looks facts up but makes no decisions: see createPerplexityRetriever of @loop-engine/adapter-perplexity.',
  'vercel-ai': 'Hand the model object to @loop-engine/adapter-vercel-ai.',
}

function unknownProvider(provider: string): LoopError {
  const known = `The providers are ${aiProviders.join(', ')}.`
  const name = String(provider).toLowerCase()
  const other = Object.hasOwn(otherNames, name) ? otherNames[name] : undefined
  const cased = aiProviders.find((each) => each === name)
  const guess = other ?? (cased && `Did you mean "${cased}"?`)
  return new LoopError('invalid_config', 'createAIActor does not know this provider.', {
    path: '/provider',
    hint: guess ? `${guess} ${known}` : known,
  })
}

function notInstalled(
  provider: AIProvider,
  packages: readonly string[],
  cause: unknown,
): LoopError {
  return new LoopError('invalid_config', `The adapter of ${provider} is not installed.`, {
    path: '/provider',
    hint: `npm install ${packages.join(' ')}`,
    cause,
  })
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND'
}
