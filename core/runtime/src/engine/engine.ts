import {
  isRecord,
  type Actor,
  type InstanceQuery,
  type LoopDefinition,
  type LoopInstance,
  type Page,
  type TransitionResult,
} from '@loop-engine/core'

import { checkFields } from '../check-input.ts'
import type { Kernel } from '../kernel.ts'
import { changeStatus } from './change-status.ts'
import { createControl, type Control } from './control.ts'
import type {
  Target,
  StartInput,
  TransitionInput,
  ChangeInput,
  MigrateInput,
  EraseInput,
} from './engine-input.ts'
import { eraseEvidence } from './erase-evidence.ts'
import { findRuns } from './find-runs.ts'
import { listAvailable, type AvailableTransition } from './list-available.ts'
import { migrateRun } from './migrate-run.ts'
import { readHistory, type HistoryItem, type HistoryQuery } from './read-history.ts'
import { createSeal, type Seal } from './seal.ts'
import { startRun } from './start-run.ts'
import { takeTransition } from './take-transition.ts'

/** Everything that callers ask of runs. A refusal is a result; misuse and infrastructure throw a `LoopError`. */
export interface LoopEngine extends Control {
  /**
   * Adds a loop with which this system was not created, checked like the others; adding the same definition again changes
   * nothing. Throws `invalid_definition`, and `already_exists` if the id belongs to another definition.
   */
  define(definition: LoopDefinition): Promise<void>
  /** Opens a run. Throws `already_exists` while the business key has an open run, `stopped` under a stop. */
  start(input: StartInput): Promise<LoopInstance>
  /**
   * Attempts a transition. An attempt that is not allowed is recorded, and its result has a `reason`. Throws `not_found` if
   * there is no run, `key_mismatch` for a key of another command, `conflict` (retryable) while the run keeps moving, and
   * `unavailable` or `unknown_outcome` of the store: the same call with the same `idempotencyKey` then tells what happened.
   */
  transition(input: TransitionInput): Promise<TransitionResult>
  /** What an actor may do now, or why not. Nothing is recorded or reserved. Throws `not_found` if there is no run. */
  available(
    target: Target & { readonly actor: Actor; readonly evidence?: object },
  ): Promise<readonly AvailableTransition[]>
  /** Ends a run for good: open requests are superseded, and no effect begins any more. Throws `refused` if it has ended. */
  cancel(input: ChangeInput): Promise<LoopInstance>
  /** Like `cancel`, for a run that cannot come to a good end. */
  fail(input: ChangeInput): Promise<LoopInstance>
  /** Holds a run, its timeout and its effects until it is resumed. Throws `refused` if it is suspended or has ended. */
  suspend(input: ChangeInput): Promise<LoopInstance>
  /**
   * Lets a suspended run continue; its timeout starts anew. Only a person or the system may: throws `refused` for others,
   * and `stopped` for a person who is stopped.
   */
  resume(input: ChangeInput): Promise<LoopInstance>
  /** Moves a run to the registered definition of its loop, as a recorded decision. Never by an agent. */
  migrate(input: MigrateInput): Promise<LoopInstance>
  /** The open run of a business key, or else its newest; read from the store. */
  get(target: Target): Promise<LoopInstance | null>
  /** The entries of one run, from the first on, read page by page; none for a key without runs. */
  history(query: HistoryQuery): AsyncIterable<HistoryItem>
  /**
   * Runs in the order of their start, a page of at most 1,000 at a time (100 by default). The run in which stops are
   * recorded is among them only if `loopId` or `aggregateId` names it: `$control`.
   */
  find(
    query: Omit<InstanceQuery, 'tenant'> & { readonly tenant?: string },
  ): Promise<Page<LoopInstance>>
  /** Deletes the evidence of one entry; its proofs stay valid. Never by an agent. */
  erase(input: EraseInput): Promise<LoopInstance>
  seal: Seal
}

export function createEngine(kernel: Kernel): LoopEngine {
  const { store, loops, telemetry } = kernel
  return {
    ...createControl(kernel),
    seal: createSeal(kernel),
    define: async (definition) => loops.add(kernel.check(definition)),
    // Input that is no object is refused, so there is nothing to observe.
    start: (input) =>
      telemetry && isRecord(input)
        ? telemetry.start(input, () => startRun(kernel, input))
        : startRun(kernel, input),
    transition: (input) =>
      telemetry && isRecord(input)
        ? telemetry.transition(input, () => takeTransition(kernel, input))
        : takeTransition(kernel, input),
    available: (input) => listAvailable(kernel, input),
    cancel: (input) => changeStatus(kernel, input, 'loop.cancelled', 'cancelled'),
    fail: (input) => changeStatus(kernel, input, 'loop.failed', 'failed'),
    suspend: (input) => changeStatus(kernel, input, 'loop.suspended', 'suspended'),
    resume: (input) => changeStatus(kernel, input, 'loop.resumed', 'active'),
    async get(target) {
      checkFields('engine.get', target, ['aggregateId'])
      return store.get(target.tenant ?? 'default', target.aggregateId)
    },
    find: (query) => findRuns(store, query),
    history: (query) => readHistory(kernel, query),
    migrate: (input) => migrateRun(kernel, input),
    erase: (input) => eraseEvidence(kernel, input),
  }
}
