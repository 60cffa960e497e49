import { describe, expect, test } from 'vitest'
import { z } from 'zod'

import { govern } from '../tools/govern.ts'
import { askingModels } from './asking-model.ts'
import { governModel } from './govern-model.ts'
import { majors } from './model-majors.fixture.ts'
import { createTestSystem } from './model-system.fixture.ts'

const refund = {
  description: 'Pays money back.',
  inputSchema: z.object({ amount: z.number() }),
  execute: async ({ amount }: { amount: number }) => ({ paid: amount }),
}

describe.each(majors)('$name', ({ mock, generateText, streamText, steps }) => {
  test.each(['generated', 'streamed'])(
    'a tool call is attributed to the governed model that asked for it, %s',
    async (way) => {
      const system = await createTestSystem()
      const { engine, runs } = system
      const asks = { toolCalls: [{ id: 'call-1', name: 'refund', input: { amount: 10 } }] }
      const reply = { ...asks, modelId: 'mock-model-2026', responseId: 'resp-1' }
      const options = {
        model: governModel(mock([reply, { text: 'Done.' }]), { engine }),
        tools: govern({ refund }, { engine }).tools,
        prompt: 'Refund me.',
        stopWhen: steps(3),
      }

      if (way === 'streamed') await streamText(options).consumeStream()
      else await generateText(options)

      const [modelRun] = await runs()
      const [toolRun] = await runs('tool:refund')
      const { promptHash, modelId, provider } = modelRun?.actors['answer'] ?? {}
      expect(toolRun?.actors['execute']).toMatchObject({
        type: 'ai-agent',
        promptHash,
        modelId,
        provider,
        servedModel: 'mock-model-2026',
        responseId: 'resp-1',
      })
    },
  )
})

test('another engine and another tenant do not know which model asked', async () => {
  const [one, other] = [await createTestSystem(), await createTestSystem()]
  const call = { toolCallId: 'call-1', toolName: 'refund' }

  askingModels(one.engine).note(call, { modelId: 'm' })

  expect(askingModels(one.engine).of(call)).toEqual({ modelId: 'm' })
  expect(askingModels(one.engine, 'acme').of(call)).toBeUndefined()
  expect(askingModels(other.engine).of(call)).toBeUndefined()
})

test('two calls of one id that are under way at once are attributed to no model', async () => {
  const { engine } = await createTestSystem()
  const models = askingModels(engine)
  const call = { toolCallId: 'call_0', toolName: 'refund' }

  models.note(call, { modelId: 'of-anna' })
  models.note(call, { modelId: 'of-bert' })
  expect([models.of(call), models.of(call)]).toEqual([undefined, undefined])

  models.note(call, { modelId: 'of-carol' })
  models.note(call, { modelId: 'of-carol' })
  expect(models.of(call)).toEqual({ modelId: 'of-carol' })
  models.note(call, { modelId: 'of-dora' })
  expect(models.of(call)).toEqual({ modelId: 'of-dora' })
})
