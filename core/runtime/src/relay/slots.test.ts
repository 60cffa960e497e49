import type { OutboxClaim } from '@loop-engine/core'
import { createTestClock } from '@loop-engine/testing'
import { expect, test } from 'vitest'

import { createSlots } from './slots.ts'

const item = (kind: OutboxClaim['kind'], name: string): OutboxClaim => ({
  id: 'item',
  tenant: 'acme',
  aggregateId: 'order',
  runId: 'run',
  lane: 'lane',
  seq: 1,
  payload: '',
  dueAt: 0,
  attempt: 1,
  fence: 1,
  leasedUntil: 0,
  kind,
  name,
})

test('a destination that hangs keeps its share, and no more', () => {
  const clock = createTestClock()
  const slots = createSlots(clock, 2)
  const give = [slots.take(item('publish', 'slow')), slots.take(item('publish', 'slow'))]

  expect(slots.free()).toEqual({ limit: 0 })
  clock.advance(1000)
  expect(slots.free()).toEqual({ limit: 2 })
  expect(slots.isCrowded(item('publish', 'slow'))).toBe(true)
  expect(slots.isCrowded(item('publish', 'quick'))).toBe(false)

  give[0]?.()
  expect(slots.isCrowded(item('publish', 'slow'))).toBe(false)
})

test('effects fill their own share for as long as they run, and none is given back untried', () => {
  const clock = createTestClock()
  const slots = createSlots(clock, 2)
  const give = slots.take(item('effect', 'bank'))
  slots.take(item('effect', 'bank'))

  expect(slots.free()).toMatchObject({ limit: 0 })
  clock.advance(60_000)
  expect(slots.free()).toEqual({ limit: 2, kinds: ['timer', 'notify', 'publish'] })
  expect(slots.isCrowded(item('effect', 'bank'))).toBe(false)

  give()
  expect(slots.free()).toEqual({ limit: 1 })
})
