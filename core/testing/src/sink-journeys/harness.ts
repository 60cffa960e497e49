import type { DeadLetter, LoopStore } from '@loop-engine/core'

import type { SinkHarness } from '../sink-conformance.ts'

/** How the journeys get at what is behind a sink. `fail` makes it go away. */
export interface SinkJourneyHarness extends SinkHarness {
  /** It comes back, with what it had. */
  recover(): Promise<void> | void
  /** It stands still: whoever talks to it gets no answer. */
  hold(): Promise<void> | void
  /** It goes on, with what was sent to it meanwhile. */
  release(): Promise<void> | void
  /** It refuses for ever events whose JSON is larger than this; 8,192 to 24,576 bytes. */
  readonly largestBytes: number
  /** `(options) => createLoopSystem(options)` of `@loop-engine/sdk`. */
  createSystem(options: object): Promise<SinkSystem>
  /** A new store, such as `createMemoryStore()`. */
  createStore(): LoopStore
}

/** A running system, as far as the journeys need it; `createLoopSystem` makes one. */
export interface SinkSystem {
  readonly engine: {
    start(input: object): Promise<unknown>
    transition(input: object): Promise<{ readonly status: string }>
    suspend(input: object): Promise<unknown>
    resume(input: object): Promise<unknown>
  }
  readonly relay: {
    drain(): Promise<number>
    deadLetters(): Promise<{ readonly items: readonly DeadLetter[] }>
    retry(letter: { readonly id: string }): Promise<boolean>
  }
  close(): Promise<void>
}
