import { entryTypes } from '@loop-engine/core'
import { expect, test } from 'vitest'

import { eventOptions } from './event-types.ts'

test('a workflow can be started by every event that is recorded', () => {
  // These types are part of the contract, but nothing records them yet.
  const unrecorded = new Set<string>([
    'loop.transition.requested',
    'loop.signal.received',
    'loop.outcome.recorded',
    'loop.spawned',
  ])
  const recorded = entryTypes.filter((type) => !unrecorded.has(type))

  expect(new Set(eventOptions.map(({ value }) => value))).toEqual(
    new Set(['*', 'loop.guard.failed', ...recorded]),
  )
})
