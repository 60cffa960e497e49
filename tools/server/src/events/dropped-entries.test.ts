import { sealEntry, type StoredEntry } from '@loop-engine/core'
import { createTestClock } from '@loop-engine/testing'
import { expect, test } from 'vitest'

import type { EventLog } from './event-log.ts'
import { createEventStream } from './event-stream.ts'

/** A log of 120 entries, of which retention has dropped all but the last. */
function logWithHole(): EventLog {
  const stored: StoredEntry = sealEntry(
    {
      tenant: 'acme',
      loopId: 'order',
      aggregateId: 'order-1',
      runId: 'run-1',
      type: 'loop.transition.rejected',
      at: 1,
      durability: 'memory',
      definition: 'd'.repeat(64),
      actor: { type: 'automation', id: 'tester' },
    },
    { version: 119, head: '0'.repeat(64) },
    null,
  )
  return {
    size: async () => 120,
    read: async (_, from, limit) => (from + limit >= 120 ? [{ index: 119, stored }] : []),
    wait: (_, size, signal) =>
      size < 120
        ? Promise.resolve()
        : new Promise((resolve) =>
            signal.addEventListener('abort', () => resolve(), { once: true }),
          ),
    close: async () => {},
  }
}

test('a reader who continues from before dropped entries moves past them', async () => {
  const stop = new AbortController()
  const stream = createEventStream({
    log: logWithHole(),
    tenant: 'acme',
    query: {},
    after: { index: 0, event: -1 },
    clock: createTestClock(),
    signal: stop.signal,
    check: async () => {},
    heartbeatMs: 1000,
    stallMs: 1000,
    drop: () => {},
    onEnd: () => {},
  })
  const reader = stream.getReader()
  const texts: string[] = []

  for (let chunk = 0; chunk < 4; chunk++) {
    const { value } = await reader.read()
    texts.push(new TextDecoder().decode(value))
  }
  stop.abort()
  await reader.cancel()

  expect(texts.slice(1, 3)).toEqual(['id: 50\n\n', 'id: 100\n\n'])
  expect(texts[3]).toContain('loop.transition.rejected')
})
