import { expect, test } from 'vitest'

import { governModel } from './govern-model.ts'
import { majors } from './model-majors.fixture.ts'
import { createTestSystem } from './model-system.fixture.ts'

test.each(majors)(
  'a prompt that is sent again after an answer is a new call on $name',
  async ({ mock }) => {
    const { engine, runs } = await createTestSystem()
    const inner = mock([{ throws: new Error('no') }, { text: 'Hi' }, { text: 'Hi again' }])
    const model = governModel(inner, { engine })
    // A program that keeps one question and asks it every day.
    const question = { prompt: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }] }
    const ask = (): PromiseLike<unknown> => model.doGenerate(question as never)

    await expect(ask()).rejects.toThrow('no')
    await ask()
    await ask()

    const [first, second, third] = (await runs()).map(({ metadata }) => metadata)
    expect(second).toMatchObject({ attempt: 2, callId: first?.['callId'] })
    expect(third).toMatchObject({ attempt: 1 })
    expect(third?.['callId']).not.toBe(first?.['callId'])
  },
)
