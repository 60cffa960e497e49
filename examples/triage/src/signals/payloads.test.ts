import { expect, test } from 'vitest'

import { readPayloads, type Delivery } from './payloads.ts'

async function readAll(): Promise<Delivery[]> {
  const deliveries: Delivery[] = []
  for await (const delivery of readPayloads()) deliveries.push(delivery)
  return deliveries
}

test('the package ships 329 payloads of 58 kinds', async () => {
  const deliveries = await readAll()

  expect(deliveries).toHaveLength(329)
  expect(new Set(deliveries.map(({ event }) => event)).size).toBe(58)
})

test('the stream is in the same order every time, numbered from 0', async () => {
  const [first, second] = await Promise.all([readAll(), readAll()])

  expect(first).toEqual(second)
  expect(first.map(({ index }) => index)).toEqual([...first.keys()])
})

test('equal payloads have equal digests: five of the examples appear twice', async () => {
  const deliveries = await readAll()

  expect(new Set(deliveries.map(({ digest }) => digest)).size).toBe(324)
})

test('kinds without an action have none', async () => {
  const deliveries = await readAll()

  expect(deliveries.find(({ event }) => event === 'push')?.action).toBeUndefined()
  expect(deliveries.find(({ event }) => event === 'issues')?.action).toBe('edited')
})
