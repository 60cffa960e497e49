import { createMemoryStore } from '@loop-engine/sdk'
import { outboxItem, startPlan, storeConformance } from '@loop-engine/testing'
import { expect, test } from 'vitest'

import { observeStore } from './observed-store.ts'

storeConformance({
  name: 'a store whose orders are heard',
  create: async () => observeStore(createMemoryStore()).store,
  without: ['tail', 'watch'],
})

test('the times of an instance are given once, separate from those of others, and after each retry', async () => {
  const { store, orders } = observeStore(createMemoryStore())
  const key = { tenant: 'acme', aggregateId: 'order-1' }
  const [one, two] = ['order-1', 'order-2'].map((aggregateId) => startPlan({ aggregateId }))
  if (!one || !two) throw new Error('Two plans were made.')
  await store.commit([
    {
      ...one,
      outbox: [
        outboxItem(one.instance, { id: 'a', dueAt: 10 }),
        outboxItem(one.instance, { id: 'b', lane: 'b', kind: 'timer', dueAt: 20 }),
      ],
    },
    { ...two, outbox: [outboxItem(two.instance, { id: 'c', dueAt: 30 })] },
  ])
  expect(orders.take(key)).toEqual({ dueAt: [10], timersAt: [20] })
  expect(orders.take(key)).toEqual({ dueAt: [], timersAt: [] })
  expect(orders.takeAll()).toMatchObject([{ aggregateId: 'order-2', dueAt: [30] }])

  const [claim] = await store.claim({ worker: 'w', now: 10, leaseMs: 5, limit: 1, instance: key })
  const { id = '', fence = 0 } = claim ?? {}
  const outcome = { kind: 'retry', dueAt: 99, error: 'away' } as const
  expect(await store.settle([{ id, fence, outcome }])).toEqual([true])
  expect(orders.takeAll()).toMatchObject([{ ...key, dueAt: [99] }])
})
