import { createMemoryStore, type LoopStore } from '@loop-engine/sdk'
import { expect, test } from 'vitest'

import { createTestServer } from '../server.fixture.ts'

/** A store from which retention dropped the first three entries of every run. */
function retainedStore(): LoopStore {
  const store = createMemoryStore()
  return {
    ...store,
    entries: (tenant, runId, range) =>
      store.entries(tenant, runId, { ...range, from: Math.max(4, range?.from ?? 1) }),
  }
}

test('each remaining entry of a run is on one page, although its first entries were dropped', async () => {
  const server = await createTestServer({ store: retainedStore() })
  const key = server.key()
  const path = '/api/v1/instances/order-1'
  await server.start('order-1', key)
  for (let notes = 0; notes < 6; notes += 1)
    await server.call('POST', `${path}/transitions`, { key, body: { signal: 'note' } })

  const seen: number[] = []
  for (let cursor = '1', pages = 0; cursor !== undefined && pages < 4; pages += 1) {
    const { body } = await server.call('GET', `${path}/history?limit=2&cursor=${cursor}`, { key })
    seen.push(...body.items.map(({ entry }: { entry: { seq: number } }) => entry.seq))
    cursor = body.cursor
  }
  await server.close()

  expect(seen).toEqual([4, 5, 6, 7])
})
