import { expect, test } from 'vitest'

import { govern } from './govern.ts'
import { openRefundDesk } from './refund-desk.fixture.ts'
import { majors, newest, user } from './tool-majors.fixture.ts'

const small = { id: 'call-1', name: 'refund', input: { order: 7, amount: 20 } }

async function* refunding(): AsyncGenerator<object> {
  yield { status: 'working' }
  yield { refunded: 20 }
}

test.each(majors)(
  'shadow mode keeps the result of a tool whose plain function returns a stream, on ai $sdk',
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

test('shadow mode hands on the parts of a generator and the error of a tool, and records how they ended', async () => {
  const desk = await openRefundDesk(newest)
  const throws = (): never => {
    throw new Error('bank says no')
  }
  async function* breaking(): AsyncGenerator<object> {
    yield { status: 'working' }
    throws()
  }
  const tools = { streams: refunding, breaks: breaking, throws }
  const given = Object.fromEntries(
    Object.entries(tools).map(([name, execute]) => [name, { ...desk.raw.refund, execute }]),
  )
  const governed = govern(given, { engine: desk.system.engine, shadow: true })
  const run = (name: string): AsyncIterable<object> => {
    const { execute } = governed.tools[name] ?? {}
    return (execute as (...given: unknown[]) => AsyncIterable<object>)(small.input, {
      toolCallId: 'call-1',
      messages: [],
    })
  }

  // A replayed call runs again, as it would without governance; only its first run is recorded.
  for (const _ of ['first', 'again'])
    expect(await Array.fromAsync(run('streams'))).toEqual([{ status: 'working' }, { refunded: 20 }])
  await expect(Array.fromAsync(run('breaks'))).rejects.toThrow('bank says no')
  await expect(run('throws')).rejects.toThrow('bank says no')

  const states = ['streams', 'breaks', 'throws'].map((name) => desk.stateOf(`${name}/call-1`))
  expect(await Promise.all(states)).toEqual(['EXECUTED', 'FAILED', 'FAILED'])
})

const lost = async (): Promise<never> => Promise.reject(new Error('It is away.'))
const throwing = (): never => {
  throw new Error('It is away.')
}

test.each(majors)(
  'shadow mode lets a call run though the store is unreachable and onError throws, on ai $sdk',
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
