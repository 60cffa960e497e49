import type { DroppedEntries, LoopDefinition, LoopInstance, StoredEntry } from '@loop-engine/core'

import type { CounterUses } from './counters.ts'
import { createDeepCheck } from './deep-check.ts'
import type { VerifyFault } from './fault.ts'
import type { BesideRecord } from './open-ends.ts'
import { createShallowCheck } from './shallow-check.ts'
import type { Names } from './stored-bytes.ts'

/** Finds a definition by its digest; null when nobody has it. */
export type FindDefinition = (
  digest: string,
) => LoopDefinition | null | Promise<LoopDefinition | null>

/** Checks one run, entry by entry. */
export interface RunCheck {
  readonly entries: number
  /** Hash of the newest entry. */
  readonly head: string
  /** Checks the next entry, in order. */
  add(stored: StoredEntry): VerifyFault | null | Promise<VerifyFault | null>
  /** Compares the run as it is stored with the run as it was recorded. */
  end(instance: LoopInstance): VerifyFault | null | Promise<VerifyFault | null>
}

export interface RunCheckOptions {
  /** Whether the entries come from a store, with columns and evidence beside their bodies. */
  readonly stored?: boolean
  /** Entries that retention dropped: the record continues behind them. */
  readonly dropped?: Pick<DroppedEntries, 'through' | 'head'> | null
  /** Whose the run is said to be: its first entry has to agree. */
  readonly names: Names
  /** The store in which to look for what the record leaves open. */
  readonly beside?: BesideRecord
  /** Collects what the entries took of limits; only a deep check knows that. */
  readonly counters?: CounterUses
}

/** A deep check if there are definitions to judge by, otherwise a shallow one. */
export function createRunCheck(
  runId: string,
  find: FindDefinition | undefined,
  options: RunCheckOptions,
): RunCheck {
  // Without the dropped entries the rest cannot be folded, nor judged by what they licensed.
  return find && !options.dropped
    ? createDeepCheck(runId, find, options)
    : createShallowCheck(runId, options)
}
