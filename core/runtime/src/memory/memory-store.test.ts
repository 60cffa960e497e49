import { approvalRequest, nextPlan, startPlan, storeConformance } from '@loop-engine/testing'
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

test('whoever is handed a request or a stop cannot change what is kept', async () => {
  const store = createMemoryStore()
  const start = startPlan()
  const plan = nextPlan(start.instance)
  const request = approvalRequest(plan.instance)
  const stop = { scope: '*', reason: 'incident', by: 'human:ann', at: 0 }
  await store.commit([start, { ...plan, approvals: [request], stops: { set: [stop], clear: [] } }])
  const read = () => Promise.all([store.approval(request.tenant, request.id), store.stops()])
  const before = structuredClone(await read())

  spoil(await read())

  expect(await read()).toEqual(before)
})

function spoil(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  for (const [key, nested] of Object.entries(value)) {
    spoil(nested)
    Reflect.set(value, key, 'changed')
  }
}
