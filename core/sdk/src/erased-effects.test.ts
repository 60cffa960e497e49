import { expect, test } from 'vitest'

import { bankThat, paymentByBank } from './bank.fixture.ts'
import { createLoopSystem, createMemoryStore } from './index.ts'

const agent = { type: 'ai-agent', id: 'agent:payer' } as const
const alice = { type: 'human', id: 'alice' } as const

interface Given {
  readonly evidence?: object | null
  /** Done while its delivery is prepared, and while it becomes a dead letter. */
  readonly meanwhile?: () => Promise<unknown>
  readonly givingUp?: () => Promise<unknown>
  /** Done while a dead letter is put back. */
  readonly reviving?: () => Promise<unknown>
}

/** A payment whose bank does what the test says; `seq` of its order is 2. */
async function ordered(
  pay: () => Promise<void>,
  { evidence = { iban: 'DE02 1203' }, meanwhile, givingUp, reviving }: Given = {},
) {
  const asked: unknown[] = []
  const told: unknown[] = []
  const bank = bankThat(async (input) => {
    asked.push(input)
    await pay()
  })
  const store = createMemoryStore()
  const limits = { maxAttempts: 1 }
  const { engine, relay } = await createLoopSystem({
    loops: [paymentByBank({ onSuccess: 'paid' })],
    integrations: [bank],
    store: {
      ...store,
      async spentBy(...query) {
        await meanwhile?.()
        return store.spentBy(...query)
      },
      async settle(...settlements) {
        await givingUp?.()
        return store.settle(...settlements)
      },
      async revive(...query) {
        await reviving?.()
        return store.revive(...query)
      },
    },
    onError: (error) => void told.push(error),
    limits,
    relay: false,
  })
  await engine.start({ loopId: 'payment', aggregateId: 'order-1', actor: agent })
  await engine.transition({
    aggregateId: 'order-1',
    transitionId: 'pay',
    actor: agent,
    ...(evidence && { evidence }),
  })
  const about = { aggregateId: 'order-1', actor: alice, reason: 'art. 17' }
  const ends = async () => {
    const items = await Array.fromAsync(engine.history({ aggregateId: 'order-1' }))
    return items
      .filter(({ entry }) => entry.type.startsWith('loop.effect.'))
      .map(({ entry }) => [entry.type, entry.reason].join(' '))
  }
  /** What the store still has to deliver, dead letters aside. */
  const waiting = async () =>
    store.claim({ worker: 'w', now: Number.MAX_SAFE_INTEGER, leaseMs: 1, limit: 100 })
  return { engine, relay, asked, told, about, ends, waiting }
}

test('a waiting effect does not begin once its evidence is erased, and its input is deleted', async () => {
  const { engine, relay, asked, about, ends, waiting } = await ordered(async () => {})
  await engine.suspend(about)
  await engine.erase({ ...about, seq: 2 })
  await engine.resume(about)

  await relay.drain()

  expect(asked).toEqual([])
  expect(await ends()).toEqual(['loop.effect.failed erased'])
  expect([await waiting(), await relay.deadLetters()]).toEqual([[], { items: [] }])
})

test('an effect that was given up is not kept once its evidence is erased', async () => {
  const { engine, relay, asked, about, ends, waiting } = await ordered(async () => {
    throw new Error('away')
  })
  await relay.drain()
  expect((await relay.deadLetters()).items).toHaveLength(1)

  await engine.erase({ ...about, seq: 2 })
  await relay.drain()

  expect(asked).toHaveLength(1)
  expect(await ends()).toEqual(['loop.effect.started ', 'loop.effect.failed threw'])
  expect([await waiting(), await relay.deadLetters()]).toEqual([[], { items: [] }])
})

test('an effect whose evidence is erased while it runs is not kept when it fails', async () => {
  const { engine, relay, about, ends, waiting } = await ordered(async () => {
    await engine.erase({ ...about, seq: 2 })
    throw new Error('away')
  })

  await relay.drain()

  expect(await ends()).toEqual(['loop.effect.started ', 'loop.effect.failed threw'])
  expect([await waiting(), await relay.deadLetters()]).toEqual([[], { items: [] }])
})

test('an effect whose evidence is erased while it is given up is not kept', async () => {
  let erase = async (): Promise<unknown> => undefined
  const { engine, relay, asked, about, waiting } = await ordered(
    async () => {
      throw new Error('away')
    },
    { givingUp: async () => erase() },
  )
  erase = async () => {
    erase = async () => undefined
    await engine.erase({ ...about, seq: 2 })
  }

  await relay.drain()

  expect(asked).toHaveLength(1)
  expect([await waiting(), await relay.deadLetters()]).toEqual([[], { items: [] }])
})

test('a store that fails behind a dead letter is reported, and fails no delivery', async () => {
  const away = new Error('away')
  const [erase, revive] = [{ now: async (): Promise<unknown> => undefined }, { fails: false }]
  const { engine, relay, about, told } = await ordered(async () => Promise.reject(away), {
    givingUp: async () => erase.now(),
    reviving: async () => (revive.fails ? Promise.reject(away) : undefined),
  })
  erase.now = async () => {
    await engine.erase({ ...about, seq: 2 })
    revive.fails = true
  }

  await relay.drain()

  expect(told).toContain(away)
  expect((await relay.deadLetters()).items).toHaveLength(1)
})

test('erasing an entry without evidence does not run an effect again that was given up', async () => {
  const { engine, relay, asked, about } = await ordered(
    async () => {
      throw new Error('away')
    },
    { evidence: null },
  )
  await relay.drain()

  await engine.erase({ ...about, seq: 2 })
  await relay.drain()

  expect(asked).toHaveLength(1)
  expect((await relay.deadLetters()).items).toHaveLength(1)
})

test('an effect whose evidence is erased while its delivery is prepared does not begin', async () => {
  let erase = async (): Promise<unknown> => undefined
  const { engine, relay, asked, about, ends } = await ordered(async () => {}, {
    meanwhile: async () => erase(),
  })
  erase = async () => engine.erase({ ...about, seq: 2 })

  await relay.drain()

  expect(asked).toEqual([])
  expect(await ends()).toEqual(['loop.effect.failed erased'])
})
