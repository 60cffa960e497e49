import type { FixtureOpts, LLMock, ResponseOverrides } from '@copilotkit/aimock'
import type { ModelCallOptions } from '@loop-engine/core'
import { afterAll, beforeAll, beforeEach } from 'vitest'

import { decisionFor } from './question.ts'
import type { WireConnection, WireHarness } from './wire-harness.ts'

export const aimockKey = 'sk-key-for-aimock-0123456789'
export const aimockAnswer = JSON.stringify(decisionFor('approve'))

/** An aimock server that runs during the tests, and a plugin that asks it one question. */
export interface AimockBench<Answer> {
  readonly harness: WireHarness<unknown>
  mock(): LLMock
  ask(connection?: Partial<WireConnection>, options?: ModelCallOptions): Promise<Answer>
  /** Answers every request with a decision. */
  decides(options?: FixtureOpts): void
}

export function createAimockBench<Plugin, Answer>(
  harness: WireHarness<Plugin>,
  ask: (plugin: Plugin, options?: ModelCallOptions) => Promise<Answer>,
): AimockBench<Answer> {
  let running: { readonly mock: LLMock; readonly url: string } | undefined
  beforeAll(async () => {
    // Loaded here, because the package is optional.
    const { LLMock: Mock } = await import('@copilotkit/aimock')
    const mock = new Mock({ port: 0, strict: true })
    running = { mock, url: await mock.start() }
  })
  // `reset` does not end the chaos mode.
  beforeEach(() => running?.mock.reset().clearChaos())
  afterAll(() => running?.mock.stop())

  const started = (): { readonly mock: LLMock; readonly url: string } => {
    if (!running) throw new Error('aimock starts before the first test.')
    return running
  }
  return {
    harness,
    mock: () => started().mock,
    async ask(connection, options) {
      const baseUrl = `${started().url}${basePath(harness)}`
      const limits = { timeoutMs: 30_000, maxRetries: 0 }
      return ask(harness.create({ baseUrl, apiKey: aimockKey, ...limits, ...connection }), options)
    },
    decides(options) {
      const { mock } = started()
      // A request that offers a tool is answered with a call of that tool.
      mock.on({}, ({ tools }) => toolOrText(tools?.[0]?.function.name, overrides(harness)), options)
    },
  }
}

function toolOrText(
  tool: string | undefined,
  rest: ResponseOverrides,
): ResponseOverrides &
  ({ content: string } | { toolCalls: { name: string; arguments: string }[] }) {
  return tool === undefined
    ? { content: aimockAnswer, ...rest }
    : { toolCalls: [{ name: tool, arguments: aimockAnswer }], ...rest }
}

function overrides({ wire }: WireHarness<unknown>): ResponseOverrides {
  if (wire === 'gemini') return { usage: { promptTokenCount: 70, candidatesTokenCount: 9 } }
  const usage =
    wire === 'openai-chat' || wire === 'sonar'
      ? { prompt_tokens: 70, completion_tokens: 9 }
      : { input_tokens: 70, output_tokens: 9 }
  return { id: 'answer-7', model: 'served-model', usage }
}

function basePath({ wire }: WireHarness<unknown>): string {
  return wire.startsWith('openai') || wire.startsWith('xai') ? '/v1' : ''
}
