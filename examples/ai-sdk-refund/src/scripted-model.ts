import { MockLanguageModelV4 } from 'ai/test'

type Turn = string | { readonly toolCallId: string; readonly input: object }

const usage = {
  inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 1, text: 1, reasoning: 0 },
}

/** A model that needs no network. For each turn it says the text, or calls `issueRefund` with the input. */
export function scriptedModel(turns: readonly Turn[]): MockLanguageModelV4 {
  let next = 0
  return new MockLanguageModelV4({
    doGenerate: async () => {
      const turn = turns[next++] ?? 'I have nothing to add.'
      if (typeof turn === 'string')
        return {
          content: [{ type: 'text', text: turn }],
          finishReason: { unified: 'stop', raw: undefined },
          usage,
          warnings: [],
        }
      const { toolCallId } = turn
      const input = JSON.stringify(turn.input)
      return {
        content: [{ type: 'tool-call', toolCallId, toolName: 'issueRefund', input }],
        finishReason: { unified: 'tool-calls', raw: undefined },
        usage,
        warnings: [],
      }
    },
  })
}
