import { createTestClock } from '@loop-engine/testing'
import { expect, onTestFinished, test } from 'vitest'

import { createLoopSystem, createMemoryStore, type CloudEvent } from './index.ts'
import { askForPayment, paymentLoop } from './payment.fixture.ts'

test.each([
  [
    'throws',
    (): void => {
      throw new Error('the log is full')
    },
  ],
  ['rejects', async (): Promise<void> => Promise.reject(new Error('the log is away'))],
])('an onError that %s ends neither the relay nor the process', async (_, onError) => {
  const warned: unknown[] = []
  const hear = (warning: Error): void => void warned.push(warning.message)
  process.on('warning', hear)
  onTestFinished(() => void process.off('warning', hear))
  const clock = createTestClock()
  const store = createMemoryStore()
  const reported = Promise.withResolvers<void>()
  const published = Promise.withResolvers<readonly CloudEvent[]>()
  let isAway = true
  const system = await createLoopSystem({
    loops: [paymentLoop(2)],
    clock,
    onError: () => {
      reported.resolve()
      return onError()
    },
    store: {
      ...store,
      async claim(query) {
        if (isAway) throw new Error('no route to host')
        return store.claim(query)
      },
    },
    sinks: [
      { contract: 'sink/v1', name: 'log', publish: async (events) => published.resolve(events) },
    ],
  })
  onTestFinished(system.close)

  await reported.promise
  isAway = false
  await askForPayment(system)
  await new Promise((resolve) => setImmediate(resolve))
  clock.advance(60_000)

  expect((await published.promise).length).toBeGreaterThan(0)
  expect(warned).toContainEqual(expect.stringMatching(/^the log is /))
})
