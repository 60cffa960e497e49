import { createMemoryStore, type LoopStore } from '@loop-engine/sdk'
import { expect, test } from 'vitest'

import { createTestServer } from '../server.fixture.ts'

const large = { amount: 20, text: 'x'.repeat(90_000) }

/** The most requests or entries that were read from the store at once. */
function watchedStore(): { readonly store: LoopStore; readonly most: () => number } {
  const store = createMemoryStore()
  let most = 0
  const note = <Items extends { readonly length: number }>(items: Items): Items => {
    most = Math.max(most, items.length)
    return items
  }
  return {
    most: () => most,
    store: {
      ...store,
      async approvals(query) {
        const page = await store.approvals(query)
        note(page.items)
        return page
      },
      entries: async (...range) => note(await store.entries(...range)),
    },
  }
}

test('one answer holds a few megabytes of evidence at most, and all pages together hold all of it', async () => {
  const { store, most } = watchedStore()
  const server = await createTestServer({ store })
  const key = server.key()
  const cookie = await server.login('fay', ['finance'])
  await server.start('order-1', key)
  const body = { transition: 'pay', evidence: large }
  for (let asked = 0; asked < 60; asked += 1)
    await server.call('POST', '/api/v1/instances/order-1/transitions', { key, body })

  const sizes: number[] = []
  const lists = [
    '/api/v1/approvals',
    '/api/v1/approvals/inbox',
    '/api/v1/instances/order-1/history',
  ]
  for (const list of lists) {
    const found = new Set<string>()
    for (let cursor: string | undefined = ''; cursor !== undefined;) {
      const after = cursor === '' ? '' : `&cursor=${cursor}`
      const page = await server.call('GET', `${list}?limit=1000${after}`, { cookie })
      sizes.push(page.body.items.length)
      for (const { id, hash } of page.body.items) found.add(id ?? hash)
      cursor = page.body.cursor
    }
    expect(found.size).toBe(list.endsWith('history') ? 61 : 60)
  }
  const timers = await server.call('GET', '/api/v1/timers?limit=1000', { key })
  expect(timers.body.items).toHaveLength(1 + 2 * 60)
  expect(Math.max(...sizes)).toBe(50)
  expect(most()).toBeLessThanOrEqual(51)
  await server.close()
})
