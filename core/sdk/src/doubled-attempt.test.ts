import type { LoopStore } from '@loop-engine/core'
import { expect, test } from 'vitest'

import { createLoopSystem, createMemoryStore, defineLoop } from './index.ts'
import { person } from './payment.fixture.ts'

const loops = [
  defineLoop({
    id: 'order',
    states: ['OPEN', 'SENT', { id: 'DONE', terminal: true }],
    initialState: 'OPEN',
    transitions: [
      { id: 'send', from: 'OPEN', to: 'SENT', actors: ['human'] },
      { id: 'close', from: 'SENT', to: 'DONE', actors: ['human'] },
    ],
  }),
]
const alice = person('alice')

/** Lets `meanwhile` happen right after the key was looked up for the first time. */
function interrupted(store: LoopStore, meanwhile: () => Promise<unknown>): LoopStore {
  let isFirst = true
  return {
    ...store,
    async idempotency(...query) {
      const found = await store.idempotency(...query)
      if (isFirst) {
        isFirst = false
        await meanwhile()
      }
      return found
    },
  }
}

/**
 * Two processes are asked to send order-1 as it was seen; the second has looked for its key before the first has sent.
 */
async function sendTwice(keys: readonly [first: string, second: string]) {
  const store = createMemoryStore()
  const { engine } = await createLoopSystem({ loops, store, relay: false })
  const run = { aggregateId: 'order-1', actor: alice }
  const expected = await engine.start({ ...run, loopId: 'order' })
  const send = (idempotencyKey: string) =>
    ({ ...run, transitionId: 'send', expected, idempotencyKey }) as const
  const other = await createLoopSystem({
    loops,
    store: interrupted(store, () => engine.transition(send(keys[0]))),
    relay: false,
  })
  return other.engine.transition(send(keys[1]))
}

test('an attempt with one key that two processes get at once has one answer', async () => {
  expect(await sendTwice(['key', 'key'])).toMatchObject({ status: 'executed', replayed: true })
})

test('an attempt with another key is told that the run has moved', async () => {
  await expect(sendTwice(['one', 'two'])).rejects.toMatchObject({
    code: 'conflict',
    details: { reason: 'moved' },
  })
})

test('a key stands for one attempt, its callback included', async () => {
  const channels = [
    { contract: 'channel/v1', name: 'callback', notify: async () => undefined } as const,
  ]
  const { engine } = await createLoopSystem({ loops, channels, relay: false })
  const run = { aggregateId: 'order-1', actor: alice }
  await engine.start({ ...run, loopId: 'order' })
  const send = async (callbackUrl: string) =>
    engine.transition({ ...run, transitionId: 'send', idempotencyKey: 'key', callbackUrl })

  expect(await send('https://one.example')).toMatchObject({ status: 'executed' })
  expect(await send('https://one.example')).toMatchObject({ replayed: true })
  await expect(send('https://other.example')).rejects.toMatchObject({ code: 'key_mismatch' })
})
