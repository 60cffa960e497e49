import { storeConformance } from '@loop-engine/testing'
import { expect, test } from 'vitest'

import { createMemoryStore } from './memory-store.ts'

storeConformance({
  name: 'memory',
  create: async () => createMemoryStore(),
  without: ['tail', 'watch'],
})

test('it may stand in for a durable store', () => {
  expect(createMemoryStore({ durability: 'power' }).durability).toBe('power')
})
