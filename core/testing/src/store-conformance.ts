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

/** How the suite gets at a store. */
export interface StoreHarness {
  readonly name: string
  /** A new and empty store. */
  create(): Promise<LoopStore>
  /**
   * Another store of the same data: what a later process finds after this one was closed, or one beside it. Left out by
   * stores that keep nothing, which then must declare the durability `memory`.
   */
  reopen?(store: LoopStore): Promise<LoopStore>
  /**
   * What the store does without; what it neither has nor declares here fails. Without `sharing` it refuses to open while
   * another store has the same data open.
   */
  readonly without?: readonly ('tail' | 'watch' | 'sharing')[]
}

/** Gives one test its own store, opened, and closes it when the test is over. */
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
