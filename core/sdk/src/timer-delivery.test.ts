import { LoopError, type Actor, type LoopStore } from '@loop-engine/core'
import { createTestClock } from '@loop-engine/testing'
import { expect, test } from 'vitest'

import { createLoopSystem, createMemoryStore, defineLoop } from './index.ts'

const agent: Actor = { type: 'ai-agent', id: 'agent:payer' }
const alice: Actor = { type: 'human', id: 'alice' }
const minute = 60_000

const waiting = defineLoop({
  id: 'waiting',
  states: [
    { id: 'OPEN', timeout: { after: '1m', transition: 'lapse' } },
    { id: 'LAPSED', terminal: true },
  ],
  initialState: 'OPEN',
  transitions: [{ id: 'lapse', from: 'OPEN', to: 'LAPSED', actors: ['system'] }],
})

/** A store whose commits fail so often before the next one succeeds. */
function createFlakyStore(): LoopStore & { failNext(times: number): void } {
  const store = createMemoryStore()
  let failures = 0
  return {
    ...store,
    failNext: (times) => void (failures = times),
    async commit(plans) {
      if (failures-- > 0)
        throw new LoopError('unavailable', 'The store is away.', { retryable: true })
      return store.commit(plans)
    },
  }
}

test('a timeout that a stop held up, and a store that was away delayed, is taken all the same', async () => {
  const clock = createTestClock()
  const store = createFlakyStore()
  const { engine, relay } = await createLoopSystem({ loops: [waiting], store, clock, relay: false })
  const later = async (ms: number, times: number) => {
    for (let time = 0; time < times; time++) {
      clock.advance(ms)
      await relay.drain()
    }
  }
  const target = { aggregateId: 'order-1' }
  await engine.start({ loopId: waiting.id, ...target, actor: agent })
  await engine.stop({ target, actor: alice, reason: 'look' })
  await later(minute, 1)
  await later(1000, 10)
  await engine.release({ target, actor: alice, reason: 'fine' })
  store.failNext(20)

  await later(minute, 22)

  expect((await relay.deadLetters()).items).toEqual([])
  expect(await engine.get(target)).toMatchObject({ currentState: 'LAPSED', status: 'completed' })
})
