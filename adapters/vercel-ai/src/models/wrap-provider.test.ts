import { isLoopError } from '@loop-engine/core'
import { afterEach, describe, expect, test } from 'vitest'

import { governModel, isGovernedModel } from './govern-model.ts'
import { majors, newest } from './model-majors.fixture.ts'
import { createTestSystem } from './model-system.fixture.ts'
import { wrapProvider } from './wrap-provider.ts'

const world = globalThis as { AI_SDK_DEFAULT_PROVIDER?: unknown }
afterEach(() => delete world.AI_SDK_DEFAULT_PROVIDER)

describe.each(majors)('$name', ({ mock, generateText, streamText }) => {
  test('a model that is named by a string is governed', async () => {
    const { engine, runs } = await createTestSystem()
    const inner = mock([{ text: 'Hi' }])
    const provider = {
      specificationVersion: inner.specificationVersion,
      languageModel: () => inner,
    }
    world.AI_SDK_DEFAULT_PROVIDER = wrapProvider(provider, { engine })

    await generateText({ model: 'acme/large', prompt: 'Hi' })
    await streamText({ model: 'acme/large', prompt: 'Hi' }).consumeStream()

    expect(inner.seen).toHaveLength(2)
    expect(await runs()).toMatchObject([{ state: 'ANSWERED' }, { state: 'ANSWERED' }])
  })

  test('a model that is named by a string is not asked under a stop', async () => {
    const { engine } = await createTestSystem()
    const inner = mock([{ text: 'Hi' }])
    const provider = {
      specificationVersion: inner.specificationVersion,
      languageModel: () => inner,
    }
    world.AI_SDK_DEFAULT_PROVIDER = wrapProvider(provider, { engine })
    await engine.stop({
      target: { loopId: 'model-call' },
      actor: { type: 'human', id: 'olga' },
      reason: 'incident',
    })

    const asked = generateText({ model: 'acme/large', prompt: 'Hi' })

    await expect(asked).rejects.toSatisfy((error) => isLoopError(error) && error.code === 'stopped')
    expect(inner.seen).toHaveLength(0)
  })
})

test('a provider that is a function keeps its other kinds of models, and gives no way around', async () => {
  const { engine } = await createTestSystem()
  const inner = newest.mock([{ text: 'Hi' }])
  const provider = Object.assign(() => inner, {
    specificationVersion: 'v4' as const,
    languageModel: () => inner,
    chat: () => inner,
    decisionModel: () => inner,
    dimensions: 3,
    embeddingModel(id: string) {
      return `${id}:${this.dimensions}`
    },
  })

  const wrapped = wrapProvider(provider, { engine })

  expect(wrapped.embeddingModel('small')).toBe('small:3')
  expect(Object.keys(wrapped).toSorted()).toEqual([
    'embeddingModel',
    'languageModel',
    'specificationVersion',
  ])
  expect(isGovernedModel(wrapped.languageModel())).toBe(true)
})

test('a string without a default provider, and a value that is no model, are refused by governModel', async () => {
  const { engine } = await createTestSystem()
  const wrong = expect.objectContaining({ code: 'invalid_config', path: '/model' }) as unknown

  expect(() => governModel('acme/large', { engine })).toThrow(wrong as Error)
  expect(() => governModel({} as never, { engine })).toThrow(wrong as Error)
})
