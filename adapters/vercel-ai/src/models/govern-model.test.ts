import { describe, expect, test } from 'vitest'

import { governModel } from './govern-model.ts'
import { governPrepareStep } from './govern-prepare-step.ts'
import { caught, majors, newest, secretOfVendor } from './model-majors.fixture.ts'
import { createTestSystem } from './model-system.fixture.ts'
import { wrapProvider } from './wrap-provider.ts'

describe.each(majors)('$name', ({ mock, generateText, streamText, retryable }) => {
  test('an answer is attributed, and the caller gets it unchanged', async () => {
    const { engine, runs } = await createTestSystem()
    const inner = mock([
      {
        text: 'Hello.',
        responseId: 'resp-1',
        modelId: 'mock-model-2026',
        headers: { 'x-request-id': 'req-1' },
        requestBody: { model: 'mock-model', input: 'hi' },
      },
    ])
    const model = governModel(inner, { engine, actor: { id: 'agent:support' } })

    const { text } = await generateText({ model, prompt: 'Say hello.', temperature: 0 })

    expect(text).toBe('Hello.')
    expect(inner.seen).toHaveLength(1)
    const [run, ...others] = await runs()
    expect(others).toEqual([])
    expect(run).toMatchObject({ state: 'ANSWERED', status: 'completed', metadata: { attempt: 1 } })
    expect(run?.evidence['call']).toMatchObject({
      provider: 'mock-provider',
      modelId: 'mock-model',
      attempt: 1,
      streamed: false,
      calls: 1,
    })
    expect(run?.evidence['answer']).toMatchObject({
      responseId: 'resp-1',
      requestId: 'req-1',
      servedModel: 'mock-model-2026',
      finishReason: 'stop',
      usage: { inputTokens: 11, outputTokens: 7, cachedInputTokens: 3 },
    })
    expect(run?.evidence['answer']?.['wireHash']).toMatch(/^[0-9a-f]{64}$/)
    expect(run?.actors['answer']).toMatchObject({
      type: 'ai-agent',
      id: 'agent:support',
      provider: 'mock-provider',
      modelId: 'mock-model',
      servedModel: 'mock-model-2026',
      responseId: 'resp-1',
      attempts: 1,
      promptHash: run?.evidence['call']?.['promptHash'],
    })
  })

  test('a response id that the vendor did not send is null, never the one that the SDK makes up', async () => {
    const { engine, runs, everything } = await createTestSystem()

    await generateText({ model: governModel(mock([{ text: 'Hi' }]), { engine }), prompt: 'Hi' })

    expect((await runs())[0]?.evidence['answer']).toMatchObject({ responseId: null })
    expect(everything()).not.toMatch(/aitxt-/)
  })

  test('a complete stream is recorded like the same answer without streaming', async () => {
    const { engine, runs } = await createTestSystem()
    const reply = { text: 'Hello.', responseId: 'resp-1', modelId: 'mock-model-2026' }
    const model = governModel(mock([reply]), { engine })

    await generateText({ model, prompt: 'Hi' })
    const pieces: string[] = []
    for await (const piece of streamText({ model, prompt: 'Hi' }).textStream) pieces.push(piece)

    expect(pieces.join('')).toBe('Hello.')
    const [plain, stream] = await runs()
    expect(stream).toMatchObject({ state: 'ANSWERED', evidence: { call: { streamed: true } } })
    const facts = ['promptHash', 'outputHash', 'usage', 'servedModel', 'responseId', 'finishReason']
    for (const fact of facts) {
      expect({ [fact]: stream?.evidence['answer']?.[fact] }).toEqual({
        [fact]: plain?.evidence['answer']?.[fact],
      })
    }
    expect(stream?.evidence['call']?.['promptHash']).toBe(plain?.evidence['call']?.['promptHash'])
  })

  test('a stream that is aborted in the middle has one record: aborted', async () => {
    const { engine, runs } = await createTestSystem()
    const controller = new AbortController()
    const model = governModel(mock([{ text: 'Hello.', streamEnds: 'never' }]), { engine })

    const stream = streamText({
      model,
      prompt: 'Hi',
      abortSignal: controller.signal,
      onError: () => undefined,
    })
    await caught(
      (async () => {
        for await (const piece of stream.textStream) if (piece) controller.abort()
      })(),
    )

    await expect.poll(() => runs()).toMatchObject([{ state: 'ABORTED' }])
    expect((await runs())[0]?.evidence['abort']).toMatchObject({ reason: 'aborted' })
  })

  test.each([
    ['error-part', 'Error'],
    ['error', 'Error'],
    ['cut', 'CutStream'],
  ] as const)('a stream that ends badly (%s) has one record: failed', async (streamEnds, name) => {
    const { engine, runs, everything } = await createTestSystem()
    const model = governModel(mock([{ text: 'Hel', streamEnds }]), { engine })

    await caught(streamText({ model, prompt: 'Hi', onError: () => undefined }).consumeStream())

    await expect.poll(() => runs()).toMatchObject([{ state: 'FAILED' }])
    expect((await runs())[0]?.evidence['fail']).toMatchObject({ failure: { name } })
    expect(everything()).not.toContain(secretOfVendor)
  })

  test('each retry of the SDK is a record of its own, linked to the one before', async () => {
    const { engine, runs } = await createTestSystem()
    const inner = mock([{ throws: retryable() }, { text: 'At last.' }])

    const { text } = await generateText({
      model: governModel(inner, { engine }),
      system: 'Be brief.',
      prompt: 'Hi',
      maxRetries: 2,
    })

    expect(text).toBe('At last.')
    expect(inner.seen).toHaveLength(2)
    const found = await runs()
    const [first, second] = found.toSorted(
      (a, b) => Number(a.metadata['attempt']) - Number(b.metadata['attempt']),
    )
    expect(first).toMatchObject({
      state: 'FAILED',
      metadata: { attempt: 1 },
      evidence: {
        fail: { failure: { status: 503, retryable: true, requestId: 'req-failed' } },
      },
    })
    expect(second).toMatchObject({
      state: 'ANSWERED',
      metadata: { attempt: 2, callId: first?.metadata['callId'], previousRunId: first?.runId },
      correlationId: first?.correlationId,
      actors: { answer: { attempts: 2 } },
    })
  })

  test('the same question asked again is a new call', async () => {
    const { engine, runs } = await createTestSystem()
    const model = governModel(mock([{ throws: new Error('no') }, { text: 'Hi' }]), { engine })

    await caught(generateText({ model, prompt: 'Hi' }))
    await generateText({ model, prompt: 'Hi' })

    const found = await runs()
    expect(found.map(({ metadata }) => metadata['attempt'])).toEqual([1, 1])
    expect(new Set(found.map(({ metadata }) => metadata['callId'])).size).toBe(2)
  })

  test('an abort while the model thinks has one record: aborted', async () => {
    const { engine, runs } = await createTestSystem()
    const controller = new AbortController()
    const inner = mock([{ throws: new DOMException('gone', 'AbortError') }])
    const model = governModel(inner, { engine })

    const asked = generateText({ model, prompt: 'Hi', abortSignal: controller.signal })
    await caught(asked)

    expect(await runs()).toMatchObject([{ state: 'ABORTED' }])
  })

  test('an answer with the finish reason error is recorded as failed', async () => {
    const { engine, runs } = await createTestSystem()
    const model = governModel(mock([{ text: 'Hel', finishReason: 'error' }]), { engine })

    await caught(generateText({ model, prompt: 'Hi' }))
    await caught(streamText({ model, prompt: 'Hi', onError: () => undefined }).consumeStream())

    expect(await runs()).toMatchObject([{ state: 'FAILED' }, { state: 'FAILED' }])
  })
})

test('options with an unknown key or without an engine are refused, because they would govern nothing', async () => {
  const { engine } = await createTestSystem()
  const model = newest.mock([{ text: 'Hi' }])
  const takers = [
    (options: never): unknown => governModel(model, options),
    (options: never): unknown => wrapProvider({ languageModel: () => model }, options),
    (options: never): unknown => governPrepareStep(() => ({ model }), options),
  ]
  for (const take of takers) {
    const misspelt = { engine, guard: [{ id: 'pace', use: 'rate-limit' }] }
    expect(() => take(misspelt as never)).toThrow(
      expect.objectContaining({ code: 'invalid_config', path: '/guard' }),
    )
    expect(() => take({} as never)).toThrow(
      expect.objectContaining({ code: 'invalid_config', path: '/engine' }),
    )
  }
})
