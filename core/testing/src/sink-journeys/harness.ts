import type { DeadLetter, LoopStore } from '@loop-engine/core'

import type { SinkHarness } from '../sink-conformance.ts'

/** Gives the journeys a sink and control over the system behind it. `fail` takes that system away. */
export interface SinkJourneyHarness extends SinkHarness {
  /** Brings the system back, with its data. */
  recover(): Promise<void> | void
  /** Makes the system stand still: it accepts requests and does not answer. */
  hold(): Promise<void> | void
  /** Lets the system go on, with everything that was sent to it meanwhile. */
  release(): Promise<void> | void
  /** The system refuses, for ever, an event whose JSON is larger than this; 8,192 to 24,576 bytes. */
  readonly largestBytes: number
  /** `(options) => createLoopSystem(options)` of `@loop-engine/sdk`. */
  createSystem(options: object): Promise<SinkSystem>
  /** A new store, such as `createMemoryStore()`. */
  createStore(): LoopStore
}

/** The parts of a running system that the journeys need; `createLoopSystem` creates one. */
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
