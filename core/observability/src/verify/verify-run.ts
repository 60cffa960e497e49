import type { LoopInstance, StoredEntry } from '@loop-engine/core'

import type { VerifyFault } from './fault.ts'
import {
  createRunCheck,
  type FindDefinition,
  type RunCheck,
  type RunCheckOptions,
} from './run-check.ts'

export interface VerifyReport {
  readonly ok: boolean
  readonly entries: number
  readonly runs: number
  readonly durationMs: number
  /** The first bad entry, in the order of runs and numbers. */
  readonly first: VerifyFault | null
  /** At most 100. */
  readonly faults: readonly VerifyFault[]
  /** What is gone by retention, and proven by its leaves alone; absent when nothing is. */
  readonly retained?: {
    readonly runs: number
    /** Dropped entries; `entries` does not count them. */
    readonly entries: number
    /** The latest time before which runs had to have ended, epoch milliseconds. */
    readonly before: number
  }
}

export interface VerifyRunOptions {
  /** The run as it is stored; without it, a record that was cut short is not noticed. */
  readonly instance?: LoopInstance
  /** With it every entry is also parsed and judged. */
  readonly definitions?: FindDefinition
  /** Needed when there is no instance. */
  readonly runId?: string
}

export const mostFaults = 100

type Pages = AsyncIterable<readonly StoredEntry[]> | Iterable<readonly StoredEntry[]>

/** Verifies the entries of one run, in pages and in order. */
export function verifyRun(pages: Pages, options: VerifyRunOptions = {}): Promise<VerifyReport> {
  return verifyPages(pages, options)
}

export async function verifyPages(
  pages: Pages,
  {
    instance,
    definitions,
    runId: asked,
    dropped = null,
    beside,
  }: VerifyRunOptions & Pick<RunCheckOptions, 'dropped' | 'beside'>,
): Promise<VerifyReport> {
  const began = performance.now()
  const open = (first?: StoredEntry): RunCheck =>
    createRunCheck(instance?.runId ?? asked ?? first?.runId ?? '', definitions, {
      dropped,
      names: instance,
      ...(beside && { beside }),
    })
  const faults: VerifyFault[] = []
  const note = (fault: VerifyFault | null): void =>
    void (fault && faults.length < mostFaults && faults.push(fault))
  let check: RunCheck | undefined
  for await (const page of pages) {
    check ??= open(page[0])
    for (const stored of page) {
      const fault = check.add(stored)
      note(fault instanceof Promise ? await fault : fault)
    }
  }
  check ??= open()
  if (instance) note(await check.end(instance))
  return {
    ok: faults.length === 0,
    entries: check.entries - (dropped?.through ?? 0),
    runs: 1,
    durationMs: performance.now() - began,
    first: faults[0] ?? null,
    faults,
  }
}
