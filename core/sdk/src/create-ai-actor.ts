import { LoopError, type Provider } from '@loop-engine/core'
import type { ProviderOptions } from '@loop-engine/core/provider'

export const aiProviders = ['anthropic', 'openai', 'gemini', 'grok'] as const
export type AIProvider = (typeof aiProviders)[number]

/** What every adapter takes; what only one takes, such as `reasoningEffort`, is handed on to it. */
export interface AIActorOptions extends ProviderOptions {
  readonly provider: AIProvider
  /** As the vendor names it. */
  readonly model: string
  /** Needed unless a client of the vendor's SDK is handed in. */
  readonly apiKey?: string
  readonly client?: unknown
  readonly baseUrl?: string
  readonly maxRetries?: number
  readonly maxOutputTokens?: number
  readonly temperature?: number
  readonly [option: string]: unknown
}

interface Adapter {
  /** What its users install: the adapter and the SDK of its vendor. */
  readonly packages: readonly string[]
  /** The specifier is written out, so that bundlers find it. */
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
 * Makes an actor of a model, with the adapter of its vendor. Only that adapter is loaded, and only now; install it and
 * the SDK of its vendor beside this package. Throws `invalid_config` with the command that installs what is missing.
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
  // Each adapter checks its own options; what they share is typed above.
  return create(options as never)
}

/** What people call a vendor or a product of theirs. */
const otherNames: Readonly<Record<string, string>> = {
  claude: 'Did you mean "anthropic"?',
  gpt: 'Did you mean "openai"?',
  google: 'Did you mean "gemini"?',
  xai: 'Did you mean "grok"?',
  perplexity:
    'Perplexity finds facts and decides nothing: see createPerplexityRetriever of @loop-engine/adapter-perplexity.',
  'vercel-ai': 'Hand the model object to @loop-engine/adapter-vercel-ai.',
}

function unknownProvider(provider: string): LoopError {
  const known = `Known are ${aiProviders.join(', ')}.`
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
