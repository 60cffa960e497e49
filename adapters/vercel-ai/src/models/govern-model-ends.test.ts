import { LoopError } from '@loop-engine/core'
import { afterEach, expect, test } from 'vitest'

import { governModel, isGovernedModel, type GovernModelOptions } from './govern-model.ts'
import { governPrepareStep } from './govern-prepare-step.ts'
import { createModelCallLoop } from './model-loop.ts'
import { caught, newest, secretOfVendor, type Reply } from './model-majors.fixture.ts'
import type { AnyLanguageModel } from './model-shape.ts'
import { createTestSystem } from './model-system.fixture.ts'
import { wrapProvider, type AnyProvider } from './wrap-provider.ts'

const operator = { type: 'human', id: 'olga' } as const
const world = globalThis as { AI_SDK_DEFAULT_PROVIDER?: unknown }
afterEach(() => delete world.AI_SDK_DEFAULT_PROVIDER)

async function open(reply: Reply, options: Partial<GovernModelOptions> = {}) {
  const system = await createTestSystem()
  const inner = newest.mock([reply])
  const model = governModel(inner, { engine: system.engine, ...options })
  return { ...system, inner, model }
}
type Stream = ReadableStream<{ readonly type: string }>
const streamOf = async (answer: Promise<unknown>): Promise<Stream> =>
  ((await answer) as { stream: Stream }).stream

test('a model that is governed is not governed twice', async () => {
  const { model, engine } = await open({ text: 'Hi' })
  expect(governModel(model, { engine, strict: true })).toBe(model)
})

test('an answer without a stream is recorded as failed', async () => {
  const { inner, engine, runs } = await open({})
  const silent: AnyLanguageModel = {
    specificationVersion: inner.specificationVersion,
    provider: 'mock-provider',
    modelId: 'mock-model',
    supportedUrls: {},
    doGenerate: async () => ({}),
    doStream: async () => ({}),
  }
  const model = governModel(silent, { engine })
  await expect(model.doStream({ prompt: [] } as never)).rejects.toMatchObject({
    code: 'bad_response',
  })
  expect(await runs()).toMatchObject([{ state: 'FAILED' }])
})

test('a call that was aborted before its stream is read has one record: aborted', async () => {
  const { model, runs } = await open({ text: 'Too late.' })
  const abort = new AbortController()
  const answer = model.doStream({ prompt: [], abortSignal: abort.signal } as never)
  abort.abort()
  await streamOf(answer as Promise<unknown>)
  await expect.poll(() => runs()).toMatchObject([{ state: 'ABORTED' }])
})

test('a provider that fails at a time limit of the caller is recorded as aborted by it', async () => {
  const { model, inner, runs } = await open({ text: 'Hi' })
  const abort = new AbortController()
  inner.doGenerate = () => {
    abort.abort(new DOMException('It took too long.', 'TimeoutError'))
    return Promise.reject(new Error(secretOfVendor))
  }
  const asked = model.doGenerate({ prompt: [], abortSignal: abort.signal } as never)
  await expect(asked).rejects.toThrow(secretOfVendor)
  const [run] = await runs()
  expect([run?.state, run?.evidence['abort']?.['reason']]).toEqual(['ABORTED', 'timeout'])
})

test('a stream that the consumer leaves after an error of the vendor is recorded as failed', async () => {
  const { model, runs } = await open({ streamEnds: 'error-part' })
  const stream = await streamOf(model.doStream({ prompt: [] } as never) as Promise<unknown>)
  for await (const { type } of stream) if (type === 'error') break
  expect(await runs()).toMatchObject([{ state: 'FAILED' }])
})

test('a prompt that is too long for the record is left out of it, but its hash is kept', async () => {
  const { model, runs } = await open({ text: 'Hi' }, { record: 'text' })
  await newest.generateText({ model, prompt: 'x'.repeat(300_000) })
  const [run] = await runs()
  expect(run?.evidence['call']).toMatchObject({
    prompt: { omitted: true },
    promptHash: expect.stringMatching(/^[0-9a-f]{64}$/),
  })
})

test('a stop between the record and the call leaves no run open', async () => {
  const { engine, inner, runs } = await open({ text: 'Hi' })
  const stopping = {
    ...engine,
    async start(input: Parameters<typeof engine.start>[0]) {
      const run = await engine.start(input)
      await engine.stop({ target: { everything: true }, actor: operator, reason: 'incident' })
      return run
    },
  }
  const model = governModel(inner, { engine: stopping })
  const error = await caught(newest.generateText({ model, prompt: 'Hi' }))
  expect(error).toMatchObject({ code: 'stopped' })
  expect(await runs()).toMatchObject([{ status: 'cancelled' }])
  expect(inner.seen).toEqual([])
})

test('a loop that the engine knows may be named; if people approve its calls, none leaves', async () => {
  const { engine, inner, runs } = await open({ text: 'Hi' })
  const { transitions, ...loop } = createModelCallLoop({ id: 'asked' })
  const approval = { stages: [{ reviewers: ['*'], quorum: 1 }], fourEyes: true, expiresIn: '1h' }
  await engine.define({
    ...loop,
    transitions: transitions.map((each) => (each.id === 'call' ? { ...each, approval } : each)),
  })
  const model = governModel(inner, { engine, loop: 'asked' })
  const error = await caught(newest.generateText({ model, prompt: 'Hi' }))
  expect(error).toMatchObject({
    code: 'refused',
    details: { reason: 'approval' },
    message: expect.stringContaining('waits for approval'),
  })
  expect(inner.seen).toEqual([])
  expect((await runs('asked')).map(({ status }) => status)).not.toContain('active')
})

test('a model named by a string is looked up in the default provider, also by prepareStep', async () => {
  const { engine, inner } = await open({ text: 'Hi' })
  const models = new Map([['acme/large', inner]])
  world.AI_SDK_DEFAULT_PROVIDER = {
    models,
    languageModel(this: { readonly models: typeof models }, id: string) {
      return this.models.get(id)
    },
  }
  expect(isGovernedModel(governModel('acme/large', { engine }))).toBe(true)
  const prepare = governPrepareStep(async () => ({ model: 'acme/large' }), { engine })
  const { model } = await prepare({})
  expect(isGovernedModel(model)).toBe(true)
})

test('a wrapped provider itself refuses the name of a model that it does not have', async () => {
  const { engine } = await createTestSystem()
  const provider = wrapProvider<AnyProvider>({ languageModel: () => undefined }, { engine })
  expect(() => provider.languageModel('acme/none')).toThrow(
    expect.objectContaining({ code: 'invalid_config', path: '/modelId' }),
  )
})

test('a LoopError of a provider is recorded by its code', async () => {
  const throws = new LoopError('unavailable', secretOfVendor)
  const { model, runs } = await open({ throws })
  await caught(newest.generateText({ model, prompt: 'Hi', maxRetries: 0 }))
  const failure = { name: 'LoopError', vendorCode: 'unavailable' }
  expect((await runs())[0]?.evidence['fail']).toMatchObject({ failure })
})
