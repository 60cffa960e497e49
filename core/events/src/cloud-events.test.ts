import { expect, test } from 'vitest'

import { toCloudEvents } from './cloud-events.ts'
import { storedEntry } from './stored-entry.fixture.ts'

test('an event carries what CloudEvents 1.0 asks for', () => {
  const stored = storedEntry({ traceparent: '00-a-b-01' })

  const [event] = toCloudEvents(stored)

  expect(event).toMatchObject({
    specversion: '1.0',
    id: stored.hash,
    source: 'urn:loop-engine:acme:refund',
    type: 'dev.loop-engine.loop.transition.executed.v1',
    subject: 'order-1',
    time: '2025-06-15T15:06:40.000Z',
    datacontenttype: 'application/json',
    sequence: '0000000000000001.0000',
    partitionkey: 'run-1',
    traceparent: '00-a-b-01',
    data: { hash: stored.hash, entry: { seq: 1 } },
  })
})

test('an event never holds the evidence itself', () => {
  const evidence = { text: '{"card":"4111"}', salt: 's' }

  expect(JSON.stringify(toCloudEvents(storedEntry({}, 0, evidence)))).not.toContain('4111')
})

test('sequences sort as text in the order of the run', () => {
  const sequences = [0, 1, 8, 9, 99].flatMap((version) =>
    toCloudEvents(storedEntry({ status: 'completed' }, version)).map(({ sequence }) => sequence),
  )

  expect(sequences.toSorted()).toEqual(sequences)
  expect(new Set(sequences).size).toBe(10)
})

test('names are escaped within an attribute', () => {
  const [event] = toCloudEvents(storedEntry({ tenant: 'a:b', aggregateId: 'order\r\nx: 1' }))

  expect(event).toMatchObject({
    source: 'urn:loop-engine:a%3Ab:refund',
    subject: 'order%0D%0Ax: 1',
  })
})

test('no attribute holds a character that CloudEvents forbids', () => {
  const [event] = toCloudEvents(storedEntry({ aggregateId: 'a\u0085b\ufffec\ufdd0d\u{1ffff}' }))

  expect(event?.subject).toBe('a%C2%85b%EF%BF%BEc%EF%B7%90d%F0%9F%BF%BF')
})
