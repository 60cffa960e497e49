import { expect, test } from 'vitest'

import { govern } from './govern.ts'
import { openRefundDesk } from './refund-desk.fixture.ts'
import { majors, user } from './tool-majors.fixture.ts'

const small = { id: 'call-1', name: 'refund', input: { order: 7, amount: 20 } }

async function* refunding(): AsyncGenerator<object> {
  yield { status: 'working' }
  yield { refunded: 20 }
}

test.each(majors)(
  'shadow mode leaves a tool its result that streams from a plain function, on ai $sdk',
  async (major) => {
    const desk = await openRefundDesk(major)
    // As compilers write an async generator for older targets.
    const refund = { ...desk.raw.refund, execute: () => refunding() }
    const { engine } = desk.system
    const { tools } = govern({ refund }, { engine, shadow: true })
    const { model, prompts } = major.model([[small], 'Refunded.'])

    await major.generate({ model, tools, messages: [user] })

    expect(prompts[1]).toContain('"refunded":20')
    expect(await desk.stateOf('refund/call-1')).toBe('EXECUTED')
  },
)

const lost = async (): Promise<never> => Promise.reject(new Error('It is away.'))
const throwing = (): never => {
  throw new Error('It is away.')
}

test.each(majors)(
  'shadow mode lets a call run though the store is away, and whoever is told of it, on ai $sdk',
  async (major) => {
    for (const onError of [throwing, lost as never])
      for (const member of ['start', 'transition']) {
        const desk = await openRefundDesk(major)
        const engine = { ...desk.system.engine, [member]: lost }
        const { tools } = govern({ refund: desk.raw.refund }, { engine, shadow: true, onError })
        const { model, prompts } = major.model([[small], 'Refunded.'])

        await major.generate({ model, tools, messages: [user] })

        expect(prompts[1]).toContain('"refunded":20')
        expect(desk.ran).toHaveLength(1)
      }
  },
)
