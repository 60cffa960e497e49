import { describe } from 'vitest'

import type { OpenStore } from '../store-conformance.ts'
import { testBacklogs } from './backlogs.ts'
import { testClaims } from './claims.ts'
import { testDeadLetters } from './dead-letters.ts'
import { testLanes } from './lanes.ts'
import { testLeases } from './leases.ts'

/** Tests the outbox: what is to be done after a commit, and who does it. */
export function testStoreOutbox(open: OpenStore): void {
  describe('outbox', () => {
    testClaims(open)
    testLanes(open)
    testLeases(open)
    testDeadLetters(open)
    testBacklogs(open)
  })
}
