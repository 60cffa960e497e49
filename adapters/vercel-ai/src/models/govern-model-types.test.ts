import { createLoopSystem } from '@loop-engine/sdk'
import * as ai7 from 'ai'
import * as ai5 from 'ai-v5'
import { MockLanguageModelV2 } from 'ai-v5/test'
import * as ai6 from 'ai-v6'
import { MockLanguageModelV3, MockProviderV3 } from 'ai-v6/test'
import { MockLanguageModelV4, MockProviderV4 } from 'ai/test'
import { expect, expectTypeOf, test } from 'vitest'
import { z } from 'zod'

import type { ToolApprovalStatus } from '../tools/approval-status.ts'
import { governModel } from './govern-model.ts'
import { governPrepareStep } from './govern-prepare-step.ts'
import { wrapProvider } from './wrap-provider.ts'

const { engine } = await createLoopSystem({ loops: [], relay: false })

// These tests check that no cast is needed; other tests run the functions.
test('each major accepts a governed model of each specification that it knows, without a cast', () => {
  const v4 = governModel(new MockLanguageModelV4(), { engine })
  const v3 = governModel(new MockLanguageModelV3(), { engine })
  const v2 = governModel(new MockLanguageModelV2(), { engine })
  const prompt = 'Hi'

  const calls = [
    () => ai7.generateText({ model: v4, prompt }),
    () => ai7.streamText({ model: v3, prompt }),
    () => ai7.generateText({ model: v2, prompt }),
    () => ai6.generateText({ model: v3, prompt }),
    () => ai6.streamText({ model: v2, prompt }),
    () => ai5.generateText({ model: v2, prompt }),
    () => new ai7.ToolLoopAgent({ model: v4 }),
    () => new ai6.ToolLoopAgent({ model: v3 }),
    () =>
      ai7.generateText({
        model: v4,
        prompt,
        prepareStep: governPrepareStep(() => ({ model: v4 }), { engine }),
      }),
  ]

  expect(calls).toHaveLength(9)
})

test('the SDK infers the types of a prepareStep that is written in place', () => {
  const v2 = governModel(new MockLanguageModelV2(), { engine })
  const prompt = 'Hi'
  const tools = { refund: ai7.tool({ inputSchema: z.object({}), execute: async () => 1 }) }

  const calls = [
    () =>
      ai7.generateText({
        model: v2,
        tools,
        prompt,
        prepareStep: governPrepareStep(
          async ({ stepNumber, steps }) => (stepNumber > 1 && steps[0] ? { model: v2 } : {}),
          { engine },
        ),
      }),
    () =>
      ai6.generateText({
        model: v2,
        prompt,
        prepareStep: governPrepareStep(
          ({ stepNumber }) => (stepNumber > 1 ? { model: v2 } : undefined),
          { engine },
        ),
      }),
    () =>
      ai5.generateText({
        model: v2,
        prompt,
        prepareStep: governPrepareStep(({ messages }) => ({ model: v2, messages }), { engine }),
      }),
    () =>
      new ai7.ToolLoopAgent({
        model: v2,
        tools,
        prepareStep: governPrepareStep(({ stepNumber }) => (stepNumber > 1 ? { model: v2 } : {}), {
          engine,
        }),
      }),
  ]

  expect(calls).toHaveLength(4)
})

test('a wrapped provider has the type of a provider', () => {
  const v4: typeof globalThis.AI_SDK_DEFAULT_PROVIDER = wrapProvider(new MockProviderV4(), {
    engine,
  })
  const v3 = wrapProvider(new MockProviderV3(), { engine })

  expect([v4, v3].map((provider) => typeof provider?.languageModel)).toEqual([
    'function',
    'function',
  ])
})

test('every release of ai 7, also the first, accepts the type of what toolApproval returns', () => {
  type First =
    | 'not-applicable'
    | { type: 'denied'; reason?: string }
    | { type: 'user-approval'; reason?: never }
  expectTypeOf<ToolApprovalStatus>().toExtend<First>()
  expectTypeOf<ToolApprovalStatus>().toExtend<ai7.ToolApprovalStatus>()
})
