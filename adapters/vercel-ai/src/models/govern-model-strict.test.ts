import { isLoopError } from '@loop-engine/core'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'

import { govern } from '../tools/govern.ts'
import { governModel } from './govern-model.ts'
import { governPrepareStep } from './govern-prepare-step.ts'
import { majors, type Major } from './model-majors.fixture.ts'
import { createTestSystem, type TestSystem } from './model-system.fixture.ts'

const refundBy = (done: number[]) => ({
  refund: {
    description: 'Pays money back.',
    inputSchema: z.object({ amount: z.number() }),
    execute: async ({ amount }: { amount: number }) => {
      done.push(amount)
      return { paid: amount }
    },
  },
})
const asks = (id: string, amount: number) => ({
  toolCalls: [{ id, name: 'refund', input: { amount } }],
})

/** A governed model asks for 10; then prepareStep puts in another model, which asks for 9,999. */
async function swap(
  { mock, generateText, steps }: Major,
  { engine }: TestSystem,
  { callId, streams }: { callId: string; streams?: Major['streamText'] },
): Promise<{ done: number[]; told: string }> {
  const done: number[] = []
  const { tools } = govern(refundBy(done), { engine, strict: true })
  const swappedIn = mock([asks(callId, 9999), { text: 'I paid 9,999.' }])
  const options = {
    model: governModel(mock([asks('call-1', 10)]), { engine, strict: true }),
    tools,
    prompt: 'Refund me.',
    stopWhen: steps(3),
    prepareStep: ({ stepNumber }: { stepNumber: number }) =>
      stepNumber === 0 ? {} : { model: swappedIn },
  }
  if (streams) await streams(options).consumeStream()
  else await generateText(options)
  return { done, told: JSON.stringify(swappedIn.seen.at(-1)?.['prompt']) }
}

describe.each(majors)('$name', (major) => {
  const { mock, generateText, streamText, steps } = major

  test('prepareStep cannot swap in an ungoverned model when strict is set', async () => {
    const system = await createTestSystem()

    const { done, told } = await swap(major, system, { callId: 'call-2' })

    expect(done).toEqual([10])
    expect(told).toMatch(/refund was NOT executed: no governed model asked for it/)
  })

  test('a call may have a long id, such as one in which a gateway puts a thought', async () => {
    const { engine, runs } = await createTestSystem()
    const done: number[] = []
    const asked = asks(`call-1__thought__${'t'.repeat(4_000)}`, 10)
    const model = governModel(mock([asked, { text: 'Paid.' }]), { engine, strict: true })
    const { tools } = govern(refundBy(done), { engine, strict: true })

    await generateText({ model, tools, prompt: 'Refund me.', stopWhen: steps(3) })

    expect(done).toEqual([10])
    const [toolRun] = await runs('tool:refund')
    expect(toolRun?.actors['execute']).toMatchObject({ modelId: 'mock-model' })
  })

  test('prepareStep cannot swap in an ungoverned model in a stream either', async () => {
    const system = await createTestSystem()

    const { done } = await swap(major, system, { callId: 'call-2', streams: streamText })

    expect(done).toEqual([10])
  })

  test('an ungoverned model cannot repeat the id of a call that a governed model made', async () => {
    const system = await createTestSystem()

    const { done } = await swap(major, system, { callId: 'call-1' })

    expect(done).toEqual([10])
  })

  test('a governed model may be swapped in', async () => {
    const { engine } = await createTestSystem()
    const done: number[] = []
    const { tools } = govern(refundBy(done), { engine, strict: true })
    const second = governModel(mock([asks('call-2', 20), { text: 'Done.' }]), {
      engine,
      strict: true,
    })

    await generateText({
      model: governModel(mock([asks('call-1', 10)]), { engine, strict: true }),
      tools,
      prompt: 'Refund me.',
      stopWhen: steps(3),
      prepareStep: governPrepareStep(
        ({ stepNumber }: { stepNumber: number }) => (stepNumber === 0 ? {} : { model: second }),
        { engine, strict: true },
      ),
    })

    expect(done).toEqual([10, 20])
  })

  test('governPrepareStep refuses an ungoverned model before it is asked, also for an answer of text', async () => {
    const { engine, runs } = await createTestSystem()
    const swappedIn = mock([{ text: 'Trust me.' }])
    const prepareStep = () => ({ model: swappedIn })
    const options = { model: governModel(mock([]), { engine }), prompt: 'Hi' }

    const strict = generateText({
      ...options,
      prepareStep: governPrepareStep(prepareStep, { engine, strict: true }),
    })
    await expect(strict).rejects.toSatisfy(
      (error) => isLoopError(error) && error.details?.['reason'] === 'ungoverned_model',
    )
    expect(swappedIn.seen).toHaveLength(0)

    await generateText({ ...options, prepareStep: governPrepareStep(prepareStep, { engine }) })
    expect(swappedIn.seen).toHaveLength(1)
    expect(await runs()).toMatchObject([{ state: 'ANSWERED' }])
  })
})
