import { createPerplexityRetriever } from '@loop-engine/adapter-perplexity'
import { createAIActor, isLoopError, type AIProvider } from '@loop-engine/sdk'

/** One short call to each provider whose key is in the environment: does the real vendor still speak as we think? */
interface Check {
  readonly name: string
  readonly keyName: string
  /** A small model; another one by `LIVE_<NAME>_MODEL`. */
  readonly model: string
  /** Says what came back; throws what went wrong. */
  run(access: Access): Promise<string>
}

interface Access {
  readonly apiKey: string
  readonly model: string
  readonly baseUrl?: string
}

export interface LiveEnvironment {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Elsewhere than at the vendors, by the name of the provider. */
  readonly baseUrls?: Readonly<Record<string, string>>
}

const checks: readonly Check[] = [
  decides('anthropic', 'ANTHROPIC_API_KEY', 'claude-haiku-4-5'),
  decides('openai', 'OPENAI_API_KEY', 'gpt-5.4-nano'),
  decides('gemini', 'GEMINI_API_KEY', 'gemini-2.5-flash'),
  decides('grok', 'XAI_API_KEY', 'grok-4.3'),
  {
    name: 'perplexity',
    keyName: 'PERPLEXITY_API_KEY',
    model: 'perplexity/sonar',
    async run(access) {
      const { citations, requestId } = await createPerplexityRetriever(access).retrieve(
        'When does the support of Node.js 22 end?',
      )
      return `${citations.length} sources, request ${requestId}`
    },
  },
]

/** One line each. Keys, prompts and texts of a model are never among them. */
export async function checkProviders({ env, baseUrls = {} }: LiveEnvironment): Promise<string[]> {
  return Promise.all(
    checks.map(async ({ name, keyName, model: small, run }) => {
      const apiKey = env[keyName]
      const model = env[`LIVE_${name.toUpperCase()}_MODEL`] ?? small
      if (!apiKey) return `${name}: skipped: no ${keyName}`
      const baseUrl = baseUrls[name]
      return run({ apiKey, model, ...(baseUrl !== undefined && { baseUrl }) }).then(
        (said) => `${name}: pass: ${model}, ${said}`,
        (error: unknown) => `${name}: fail: ${model}, ${reason(error)}`,
      )
    }),
  )
}

function decides(name: AIProvider, keyName: string, model: string): Check {
  return {
    name,
    keyName,
    model,
    async run(access) {
      const actor = await createAIActor({ provider: name, ...access, maxOutputTokens: 2_000 })
      const submission = await actor.createSubmission(
        {
          loopId: 'live-check',
          loopName: 'Live check',
          currentState: 'ASKED',
          availableSignals: [
            { signalId: 'even', name: 'The number is even' },
            { signalId: 'odd', name: 'The number is odd' },
          ],
          instruction: 'Say whether the number is even or odd.',
          evidence: { number: 42 },
        },
        // Streaming is what changes most often.
        { onProgress: () => {} },
      )
      const { servedModel, latencyMs } = submission.actor
      return `${submission.signal} by ${servedModel} in ${latencyMs} ms, request ${submission.requestId}`
    },
  }
}

function reason(error: unknown): string {
  if (!isLoopError(error)) return 'an error that is not a LoopError'
  const { status, vendorCode, requestId } = error.details ?? {}
  return [error.code, error.message, JSON.stringify({ status, vendorCode, requestId })].join(' ')
}

if (import.meta.main) {
  const lines = await checkProviders({ env: process.env })
  console.log(lines.join('\n'))
  process.exitCode = lines.some((line) => line.includes(': fail: ')) ? 1 : 0
}
