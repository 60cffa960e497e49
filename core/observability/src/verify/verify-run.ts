import type { LoopInstance, StoredEntry } from '@loop-engine/core'

import { createCounterUses, type CounterUse } from './checks/counters.ts'
import type { VerifyFault } from './checks/fault.ts'
import { createRunCheck, type FindDefinition, type RunCheckOptions } from './checks/run-check.ts'

export interface RunReport {
  /** Without those that were dropped. */
  readonly entries: number
  /** In the order of their numbers; at most 100. */
  readonly faults: readonly VerifyFault[]
  /** What it took of limits; nothing is known of it without definitions. */
  readonly counters: readonly CounterUse[]
}

interface VerifyRunOptions extends Pick<RunCheckOptions, 'dropped' | 'beside'> {
  /** The run as it is stored. */
  readonly instance: LoopInstance
  /** With it every entry is also parsed and judged. */
  readonly definitions?: FindDefinition
}

export const mostFaults = 100

/** Verifies the entries of one run, in pages and in order. */
export async function verifyRun(
  pages: AsyncIterable<readonly StoredEntry[]> | Iterable<readonly StoredEntry[]>,
  { instance, definitions, dropped = null, beside }: VerifyRunOptions,
): Promise<RunReport> {
  const counters = createCounterUses()
  const check = createRunCheck(instance.runId, definitions, {
    dropped,
    names: instance,
    beside,
    counters,
  })
  const faults: VerifyFault[] = []
  const note = (fault: VerifyFault | null): void =>
    void (fault && faults.length < mostFaults && faults.push(fault))
  for await (const page of pages) {
    for (const stored of page) {
      const fault = check.add(stored)
      note(fault instanceof Promise ? await fault : fault)
    }
  }
  note(await check.end(instance))
  return { entries: check.entries - (dropped?.through ?? 0), faults, counters: counters.all() }
}
