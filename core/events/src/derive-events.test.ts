import { expect, test } from 'vitest'

import { deriveEvents } from './derive-events.ts'
import { storedEntry } from './stored-entry.fixture.ts'

const guard = (id: string, passed: boolean): object => ({
  id,
  use: id,
  severity: 'hard',
  passed,
  durationUs: 0,
})

test('a plain entry is one event, whose id is the hash of the entry', () => {
  const stored = storedEntry({ transitionId: 'pay' }, 4)

  const events = deriveEvents(stored)

  expect(events).toHaveLength(1)
  expect(events[0]).toMatchObject({
    id: stored.hash,
    type: 'loop.transition.executed',
    aggregateId: 'order-1',
    seq: 5,
    index: 0,
    entry: { transitionId: 'pay' },
  })
})

test('every guard that failed is an event of its own', () => {
  const guards = [guard('a', true), guard('b', false), guard('c', false)] as never
  const stored = storedEntry({ type: 'loop.transition.blocked', guards })

  const events = deriveEvents(stored)

  expect(events.map(({ id, type, guard: failed }) => [id, type, failed?.id])).toEqual([
    [stored.hash, 'loop.transition.blocked', undefined],
    [`${stored.hash}:guard:1`, 'loop.guard.failed', 'b'],
    [`${stored.hash}:guard:2`, 'loop.guard.failed', 'c'],
  ])
})

test.each(['completed', 'failed', 'cancelled', 'suspended'] as const)(
  'an execution that leaves the run %s says so last',
  (status) => {
    const events = deriveEvents(storedEntry({ status }))

    expect(events.map(({ type }) => type)).toEqual(['loop.transition.executed', `loop.${status}`])
  },
)

test('an entry whose own type is the new status gives no second event for it', () => {
  expect(deriveEvents(storedEntry({ type: 'loop.cancelled', status: 'cancelled' }))).toHaveLength(1)
  expect(deriveEvents(storedEntry({ type: 'loop.started', status: 'active' }))).toHaveLength(1)
})

test('deriving the events twice gives the same events', () => {
  const stored = storedEntry({ status: 'completed', guards: [guard('soft', false)] as never })

  expect(deriveEvents(stored)).toEqual(deriveEvents(stored))
})
