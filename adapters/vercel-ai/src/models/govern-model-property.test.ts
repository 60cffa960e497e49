import fc from 'fast-check'
import { expect, test } from 'vitest'

import { fieldsOf } from '../fields.ts'
import { governModel } from './govern-model.ts'
import { majors, type Reply } from './model-majors.fixture.ts'
import { createTestSystem } from './model-system.fixture.ts'

/** What the model does and what the consumer does; any mixture of them, several at once. */
interface Call {
  readonly streamed: boolean
  readonly reply: Reply
  readonly consumer: 'reads' | 'cancels-at-once' | 'cancels-later' | 'aborts' | 'aborts-and-leaves'
}

const reply: fc.Arbitrary<Reply> = fc.oneof(
  fc.record({
    text: fc.constantFrom('', 'Hi', 'Hello there'),
    streamEnds: fc.constantFrom('finish', 'error-part', 'error', 'cut', 'never'),
    finishReason: fc.constantFrom('stop', 'length', 'content-filter', 'error'),
  }),
  fc.constantFrom<Reply>(
    { throws: new Error('no') },
    { throws: new DOMException('gone', 'AbortError') },
    { throws: 'not even an error' },
    { toolCalls: [{ id: 'call_0', name: 'refund', input: {} }] },
  ),
)
const calls: fc.Arbitrary<readonly Call[]> = fc.array(
  fc.record({
    streamed: fc.boolean(),
    reply,
    consumer: fc.constantFrom(
      'reads',
      'cancels-at-once',
      'cancels-later',
      'aborts',
      'aborts-and-leaves',
    ),
  }),
  { minLength: 1, maxLength: 6 },
)
const ends = ['ANSWERED', 'FAILED', 'ABORTED']

test.each(majors)(
  '$name: any mixture of outcomes leaves one final record per call',
  async ({ mock }) => {
    await fc.assert(
      fc.asyncProperty(calls, fc.boolean(), async (mixture, strict) => {
        const { engine, runs } = await createTestSystem()

        await Promise.all(
          mixture.map(async (call) => {
            const model = governModel(mock([call.reply]), { engine, strict })
            await play(model, call)
          }),
        )

        await expect
          .poll(async () => (await runs()).map(({ state }) => state))
          .toSatisfy(
            (states: readonly string[]) =>
              states.length === mixture.length && states.every((state) => ends.includes(state)),
          )
        for (const { evidence } of await runs()) {
          const closings = ['answer', 'fail', 'abort', 'loop.failed'].filter((id) => id in evidence)
          expect(closings).toHaveLength(1)
        }
      }),
      { numRuns: 40, seed: 1 },
    )
  },
)

async function play(
  model: ReturnType<typeof governModel>,
  { streamed, consumer, reply: { streamEnds } }: Call,
): Promise<void> {
  const controller = new AbortController()
  const params = { prompt: [], abortSignal: controller.signal }
  try {
    if (!streamed) {
      await model.doGenerate(params as never)
      return
    }
    const { stream } = fieldsOf(await model.doStream(params as never))
    if (!(stream instanceof ReadableStream)) throw new Error('no stream')
    const reader = stream.getReader()
    if (consumer === 'cancels-at-once') return await reader.cancel()
    // Every stream has two parts before it may fall silent.
    const patience = consumer === 'reads' && streamEnds !== 'never' ? Infinity : 2
    for (let parts = 0; parts < patience; parts++) if ((await reader.read()).done) return
    if (consumer.startsWith('aborts')) controller.abort()
    if (consumer !== 'aborts-and-leaves') await reader.cancel()
  } catch {
    // Other tests check what the caller gets; this one checks the record.
  }
}
