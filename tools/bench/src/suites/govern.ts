import { govern } from '@loop-engine/adapter-vercel-ai'
import type { LoopStore } from '@loop-engine/core'
import { createSqliteStore } from '@loop-engine/integration-sqlite'
import { createLoopSystem, createMemoryStore } from '@loop-engine/sdk'
import { generateText, stepCountIs, tool } from 'ai'
import { MockLanguageModelV4 } from 'ai/test'
import { z } from 'zod'

import type { Figure, Suite } from '../figure.ts'
import { rates, type Contender } from '../measure.ts'
import { temporaryFile } from '../temporary.ts'

const refund = tool({
  description: 'Refunds an order.',
  inputSchema: z.object({ order: z.number(), amount: z.number() }),
  execute: async ({ amount }) => ({ refunded: amount }),
})
const policy = {
  refund: { approval: { when: 'input.amount > 100', reviewers: ['group:finance'] } },
} as const

/** Measures what a governed tool call costs beyond a bare one: it makes four commits. */
export const governSuite: Suite = async ({ quick }) => {
  const pace = quick ? { rounds: 1, ms: 100, batch: 20 } : { rounds: 7, ms: 700, batch: 100 }
  const cases: { name: string; open: () => LoopStore; conditions: string; atMost: number }[] = [
    {
      name: 'in memory',
      open: () => createMemoryStore(),
      conditions: 'execute by execute; policy with a CEL condition, no approval needed',
      atMost: 200,
    },
    {
      name: 'SQLite, one caller',
      open: () => createSqliteStore({ path: temporaryFile(), durability: 'process' }),
      conditions: 'WAL, synchronous=NORMAL, durability process; else as in memory',
      atMost: 5000,
    },
  ]
  const figures: Figure[] = []
  for (const { name, open, conditions, atMost } of cases) {
    const direct = await rates({ ours: calls(open), baseline: calls() }, pace)
    figures.push(figureOf(`${name}, one execute`, direct, conditions, atMost))
    const whole = await rates({ ours: generations(open), baseline: generations() }, pace)
    figures.push(
      figureOf(`${name}, one generateText`, whole, `${conditions}; mock model, two steps`, atMost),
    )
  }
  return figures
}

function figureOf(
  name: string,
  { ours, baseline }: { ours: number; baseline: number },
  conditions: string,
  differenceAtMost: number,
): Figure {
  return {
    name,
    ours: 1e6 / ours,
    baseline: 1e6 / baseline,
    unit: 'µs',
    against: 'the same tool, bare',
    target: { differenceAtMost },
    conditions,
  }
}

/** Tools that are governed if a store is given, else bare. */
async function open(store?: () => LoopStore): Promise<{
  tools: { refund: typeof refund }
  toolApproval?: object
  close: () => Promise<void>
}> {
  if (!store) return { tools: { refund }, close: async () => {} }
  const system = await createLoopSystem({ loops: [], store: store(), relay: false })
  const { tools, toolApproval, ready } = govern({ refund }, { engine: system.engine, policy })
  await ready
  return { tools, toolApproval, close: () => system.close() }
}

function calls(store?: () => LoopStore): Contender {
  return {
    async prepare() {
      const { tools, close } = await open(store)
      const { execute } = tools.refund
      let count = 0
      return {
        done: close,
        async work(times) {
          for (let done = 0; done < times; done++) {
            const options = { toolCallId: `call-${count++}`, messages: [], context: {} }
            await execute?.({ order: 7, amount: 20 }, options)
          }
        },
      }
    },
  }
}

function generations(store?: () => LoopStore): Contender {
  return {
    async prepare() {
      const { tools, toolApproval, close } = await open(store)
      let count = 0
      return {
        done: close,
        async work(times) {
          for (let done = 0; done < times; done++) {
            await generateText({
              model: modelOf(`call-${count++}`),
              tools,
              ...(toolApproval && { toolApproval }),
              stopWhen: stepCountIs(2),
              prompt: 'Refund 20.',
            })
          }
        },
      }
    },
  }
}

/** A model that calls the tool, and then answers with text. */
function modelOf(toolCallId: string): MockLanguageModelV4 {
  const usage = {
    inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
    outputTokens: { total: 1, text: 1, reasoning: 0 },
  }
  const input = '{"order":7,"amount":20}'
  const call = { type: 'tool-call', toolCallId, toolName: 'refund', input } as const
  let step = 0
  return new MockLanguageModelV4({
    doGenerate: async () =>
      step++ === 0
        ? {
            content: [call],
            finishReason: { unified: 'tool-calls', raw: undefined },
            usage,
            warnings: [],
          }
        : {
            content: [{ type: 'text', text: 'Refunded.' }],
            finishReason: { unified: 'stop', raw: undefined },
            usage,
            warnings: [],
          },
  })
}
