import { isLoopError } from '@loop-engine/core'
import { describe, expect, test } from 'vitest'

import { governModel } from './govern-model.ts'
import type { ModelCallEvidence } from './model-call.ts'
import { createModelCallLoop } from './model-loop.ts'
import { caught, majors, newest, secretOfVendor } from './model-majors.fixture.ts'
import { createTestSystem } from './model-system.fixture.ts'

const operator = { type: 'human', id: 'olga' } as const
const headers = { authorization: 'Bearer sk-secret-of-caller' }

describe.each(majors)('$name', ({ mock, generateText, streamText, retryable }) => {
  test('under a stop the provider is not asked, and the SDK does not retry', async () => {
    const { engine, runs } = await createTestSystem()
    const told: ModelCallEvidence[] = []
    const inner = mock([{ text: 'Hi' }])
    const model = governModel(inner, { engine, onEvidence: (evidence) => told.push(evidence) })
    await engine.stop({ target: { everything: true }, actor: operator, reason: 'incident' })

    const error = await caught(generateText({ model, prompt: 'Hi' }))
    await caught(streamText({ model, prompt: 'Hi', onError: () => undefined }).consumeStream())

    expect(isLoopError(error) && error).toMatchObject({ code: 'stopped', retryable: false })
    expect(inner.seen).toHaveLength(0)
    expect(await runs()).toEqual([])
    expect(told.map(({ outcome }) => outcome)).toEqual(['blocked', 'blocked'])
  })

  test('a budget lets through as many calls as it allows and no more', async () => {
    const { engine, runs } = await createTestSystem()
    const inner = mock([{ text: 'Hi' }])
    const model = governModel(inner, {
      engine,
      guards: [{ id: 'spend', use: 'budget', with: { limit: 300, amount: '/estimate/cents' } }],
      estimate: () => ({ cents: 120 }),
    })

    await generateText({ model, prompt: 'one' })
    await generateText({ model, prompt: 'two' })
    const error = await caught(generateText({ model, prompt: 'three' }))

    expect(isLoopError(error) && error).toMatchObject({ retryable: false, plugin: 'vercel-ai' })
    expect(inner.seen).toHaveLength(2)
    const states = (await runs()).map(({ state }) => state)
    expect(states.toSorted()).toEqual(['ANSWERED', 'ANSWERED', 'BLOCKED'])
  })

  test('headers, keys and the text of prompt and answer reach no record', async () => {
    const { engine, everything, runs } = await createTestSystem()
    const model = governModel(
      mock([
        { text: 'the answer is private', headers: { 'x-request-id': 'req-1' } },
        { throws: retryable() },
      ]),
      { engine },
    )
    const providerOptions = { gateway: { byok: { acme: [{ apiKey: 'sk-secret-of-caller' }] } } }

    await generateText({ model, prompt: 'a private question', headers, providerOptions })
    await caught(generateText({ model, prompt: 'a private question', headers, maxRetries: 0 }))

    expect(await runs()).toHaveLength(2)
    const text = everything()
    for (const secret of ['secret-of-caller', secretOfVendor, 'private', 'Bearer', 'cookie'])
      expect(text).not.toContain(secret)
  })
})

test('text is kept when it is asked for, under the redaction of the engine', async () => {
  const { engine, everything, runs } = await createTestSystem({
    redaction: { patterns: [/\d{16}/], paths: ['/output/text'] },
  })
  const model = governModel(newest.mock([{ text: 'I will keep it.' }]), { engine, record: 'text' })

  await newest.generateText({ model, system: 'Be kind.', prompt: 'My card is 4111111111111111.' })

  const [run] = await runs()
  expect(run?.evidence['call']).toMatchObject({
    prompt: { prompt: [{ role: 'system', content: 'Be kind.' }, { role: 'user' }] },
  })
  expect(run?.evidence['answer']).toMatchObject({ output: { text: { redacted: true } } })
  expect(everything()).not.toMatch(/4111111111111111|I will keep it/)
})

test('a stop that comes while the model answers withholds the answer and closes the record', async () => {
  const { engine, runs } = await createTestSystem()
  const inner = newest.mock([{ text: 'Too late.' }])
  const answering = {
    ...inner,
    specificationVersion: inner.specificationVersion,
    supportedUrls: {},
    doGenerate: async (params: never) => {
      await engine.stop({ target: { everything: true }, actor: operator, reason: 'incident' })
      return inner.doGenerate(params)
    },
    doStream: (params: never) => inner.doStream(params),
  }

  const error = await caught(
    newest.generateText({ model: governModel(answering, { engine }), prompt: 'Hi' }),
  )

  expect(isLoopError(error) && error.code).toBe('stopped')
  expect(await runs()).toMatchObject([{ status: 'failed' }])
  expect((await runs())[0]?.evidence['loop.failed']).toMatchObject({ usage: { outputTokens: 7 } })
})

test('a stop that comes while an answer streams ends the stream before its end', async () => {
  const { engine, runs } = await createTestSystem()
  const model = governModel(newest.mock([{ text: 'Too late.' }]), { engine })
  // Without the SDK, which reads ahead.
  const { stream } = (await model.doStream({ prompt: [] } as never)) as { stream: ReadableStream }
  const seen: string[] = []

  const error = await caught(
    (async () => {
      for await (const part of stream as AsyncIterable<{ type: string }>) {
        if (seen.push(part.type) > 1) continue
        await engine.stop({
          target: { loopId: 'model-call' },
          actor: operator,
          reason: 'incident',
        })
      }
    })(),
  )

  expect(error).toMatchObject({ code: 'stopped' })
  expect(seen).toContain('text-delta')
  expect(seen).not.toContain('finish')
  expect(await runs()).toMatchObject([{ status: 'failed' }])
})

test('text that is too large for the engine costs neither the answer nor its record', async () => {
  const { engine, runs } = await createTestSystem({ limits: { maxEvidenceBytes: 4096 } })
  const model = governModel(newest.mock([{ text: 'long '.repeat(2000) }]), {
    engine,
    record: 'text',
  })

  const { text } = await newest.generateText({ model, prompt: 'Hi' })

  expect(text).toHaveLength(10_000)
  expect((await runs())[0]?.evidence['answer']).toMatchObject({ output: { omitted: true } })
})

test('an answer is withheld if a guard of the caller’s own loop objects to it', async () => {
  const { engine, runs } = await createTestSystem()
  const { transitions, ...loop } = createModelCallLoop({ id: 'only-openai' })
  const guard = {
    id: 'served',
    when: 'evidence.servedModel == "mock-model"',
    severity: 'hard',
    evaluatedBy: 'runtime',
  } as const
  const model = governModel(newest.mock([{ text: 'Hi', modelId: 'another-model' }]), {
    engine,
    loop: {
      ...loop,
      transitions: transitions.map((each) =>
        each.id === 'answer' ? { ...each, guards: [guard] } : each,
      ),
    },
  })

  const error = await caught(newest.generateText({ model, prompt: 'Hi' }))

  expect(error).toMatchObject({ code: 'refused', details: { reason: 'served' } })
  expect(await runs('only-openai')).toMatchObject([{ status: 'failed' }])
})

test.each([
  ['a transition is missing', { transitions: [] }],
  ['people would have to approve each call', { transitions: 'approved' as const }],
])('a loop in which %s is refused when the model is governed', async (_, { transitions }) => {
  const { engine } = await createTestSystem()
  const loop = createModelCallLoop()
  const approval = {
    stages: [{ reviewers: ['*'], quorum: 1 }],
    fourEyes: true,
    expiresIn: '1h',
  }
  const changed =
    transitions === 'approved'
      ? loop.transitions.map((each) => (each.id === 'call' ? { ...each, approval } : each))
      : transitions

  expect(() =>
    governModel(newest.mock([]), { engine, loop: { ...loop, transitions: changed } }),
  ).toThrow(expect.objectContaining({ code: 'invalid_config', path: '/loop/transitions' }))
})

test('a misspelt option of createModelCallLoop is refused', () => {
  expect(() => createModelCallLoop({ guard: ['human-only'] } as object)).toThrow(
    expect.objectContaining({ code: 'invalid_config', path: '/guard' }),
  )
})
