import type { LoopStore } from '@loop-engine/core'
import { describe, onTestFinished } from 'vitest'

import { testStoreAtomicity } from './store/atomicity.ts'
import { testStoreCommit } from './store/commit.ts'
import { testStoreLifecycle } from './store/lifecycle.ts'
import { testStoreLive } from './store/live.ts'
import { testStoreLog } from './store/log.ts'
import { testStoreMessages } from './store/messages.ts'
import { testStoreOutbox } from './store/outbox.ts'
import { testStorePaging } from './store/paging.ts'
import { testStoreReads } from './store/reads.ts'
import { testStoreReopened } from './store/reopened.ts'
import { testStoreWaiting } from './store/waiting.ts'

/** Gives the suite the store under test. */
export interface StoreHarness {
  readonly name: string
  /** Creates a new, empty store. */
  create(): Promise<LoopStore>
  /**
   * Creates another store on the same data, as a later process or one beside it would. A store that keeps nothing
   * leaves this out, and must then declare the durability `memory`.
   */
  reopen?(store: LoopStore): Promise<LoopStore>
  /**
   * The capabilities that the store lacks. A capability that it neither has nor names here fails. A store without
   * `sharing` must refuse to open while another store has the same data open.
   */
  readonly without?: readonly ('tail' | 'watch' | 'sharing')[]
}

/** Opens a new store for one test, and closes it when the test is over. */
export type OpenStore = () => Promise<LoopStore>

/**
 * Registers the tests that every store passes unchanged.
 *
 * @example
 * storeConformance({ name: 'memory', create: async () => createMemoryStore(), without: ['tail', 'watch'] })
 */
export function storeConformance(harness: StoreHarness): void {
  const open: OpenStore = async () => {
    const store = await harness.create()
    onTestFinished(() => store.close())
    await store.open()
    return store
  }
  describe(`${harness.name} keeps the store contract`, () => {
    testStoreCommit(open)
    testStoreAtomicity(open)
    testStoreReads(open)
    testStorePaging(open)
    testStoreWaiting(open)
    testStoreOutbox(open)
    testStoreMessages(open)
    testStoreLog(open)
    testStoreLive(open, harness)
    testStoreLifecycle(open)
    testStoreReopened(open, harness)
  })
}
