import { aiProviders, type AIProvider } from '@loop-engine/sdk'

/** Who proposes. It holds the key of the model, which is handed to the adapter and never printed. */
export type Proposer =
  | { readonly provider: 'rules'; readonly because: string }
  | {
      readonly provider: AIProvider
      readonly model: string
      readonly apiKey: string
      /** An address to use instead of the vendor's. */
      readonly baseUrl?: string
      readonly because: string
    }

export type Environment = Readonly<Record<string, string | undefined>>

interface Access {
  readonly key: string
  /** The variable in which the vendor's own SDK looks for another address, if it does. */
  readonly baseUrl?: string
  /** The default model: a small one, which is good enough for twelve short questions. */
  readonly model: string
}

/**
 * The environment variables of each vendor. The first vendor
 * whose key is set proposes, unless `--provider` names another.
 */
const access: Readonly<Record<AIProvider, Access>> = {
  anthropic: {
    key: 'ANTHROPIC_API_KEY',
    baseUrl: 'ANTHROPIC_BASE_URL',
    model: 'claude-haiku-4-5',
  },
  openai: { key: 'OPENAI_API_KEY', baseUrl: 'OPENAI_BASE_URL', model: 'gpt-5.4-nano' },
  gemini: {
    key: 'GEMINI_API_KEY',
    baseUrl: 'GOOGLE_GEMINI_BASE_URL',
    model: 'gemini-2.5-flash',
  },
  grok: { key: 'XAI_API_KEY', model: 'grok-4.3' },
}

const keys = aiProviders.map((name) => access[name].key)
const providerNames = ['rules', ...aiProviders]

/** Chooses who proposes. Throws a TypeError, whose message is for the user, when the choice is not possible. */
export function chooseProposer(
  asked: { readonly provider?: string | undefined; readonly model?: string | undefined },
  env: Environment,
): Proposer {
  const provider = asked.provider ?? aiProviders.find((name) => env[access[name].key]) ?? 'rules'
  if (provider === 'rules') {
    if (asked.model !== undefined) throw new TypeError(`--model needs a model: ${cure()}`)
    const because = asked.provider ? 'asked for by --provider' : `no model key (${keys.join(', ')})`
    return { provider, because }
  }
  const vendor = aiProviders.find((name) => name === provider)
  if (!vendor) throw new TypeError(`--provider is one of ${providerNames.join(', ')}.`)
  const { key, baseUrl: address, model } = access[vendor]
  const apiKey = env[key]
  if (!apiKey) throw new TypeError(`--provider ${vendor} needs its key in ${key}.`)
  const baseUrl = address && env[address]
  return {
    provider: vendor,
    model: asked.model ?? model,
    apiKey,
    ...(baseUrl && { baseUrl }),
    because: asked.provider ? 'asked for by --provider' : `${key} is set`,
  }
}

/** The first lines of the output: who proposes, and why. */
export function describeProposer(proposer: Proposer): string {
  if (proposer.provider === 'rules') return `Proposed by fixed rules: ${proposer.because}.`
  const { provider, model, baseUrl, because } = proposer
  const where = baseUrl === undefined ? '' : `, at ${hostOf(baseUrl)}`
  return [
    `Proposed by ${provider}, model ${model}${where}: ${because}.`,
    'It is sent what the signals say; --provider rules asks no model.',
  ].join('\n')
}

/** The host of an address, without its path and credentials. */
function hostOf(address: string): string {
  return URL.canParse(address) ? new URL(address).host : 'an address that cannot be read'
}

function cure(): string {
  return `set ${keys.slice(0, -1).join(', ')} or ${keys.at(-1)}.`
}
