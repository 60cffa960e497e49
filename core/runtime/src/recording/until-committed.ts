import { LoopError, type CommitResult } from '@loop-engine/core'

import type { Refusal } from '../judging/decide/ruling.ts'
import type { Kernel } from '../kernel.ts'
import type { Change, PlanRest } from './change.ts'
import { commitChange } from './commit-change.ts'
import { refusedBy } from './refused-by.ts'

/** The outcome of one try: a result, and the change that must be committed for it to hold. */
interface Try<Result> {
  readonly result: Result
  readonly record?: { readonly change: Change; readonly rest: PlanRest }
}

interface Tries<Result> {
  /** Reads the run and changes it; `late` names the counters that were full when an earlier try was committed. */
  attempt(late?: Refusal): Promise<Try<Result>>
  /** The result if a stop, or a spent receipt, is in the way. */
  refused(outcome: Extract<CommitResult, { kind: 'refused' }>): Result
  /** The message of the error if others keep moving the run. */
  readonly conflict: string
}

/**
 * Changes a run after all earlier work on it in this process. Tries again if others moved it meanwhile, a bounded number of
 * times; then throws `conflict`. Throws `fenced` if a lease was lost.
 */
export async function untilCommitted<Result>(
  kernel: Kernel,
  { tenant, aggregateId }: { readonly tenant: string; readonly aggregateId: string },
  { attempt, refused, conflict }: Tries<Result>,
): Promise<Result> {
  return kernel.runs.exclusive(tenant, aggregateId, async () => {
    let late: Refusal | undefined
    let conflicts = 0
    while (conflicts <= kernel.limits.maxConflictRetries) {
      const { result, record } = await attempt(late)
      if (!record) return result
      const outcome = await commitChange(kernel, record.change, record.rest)
      if (outcome.kind === 'committed') return result
      if (outcome.kind !== 'refused') conflicts += 1
      else if (outcome.reason === 'stopped' || outcome.reason === 'spent') return refused(outcome)
      else late = refusedBy(outcome, late)
    }
    throw new LoopError('conflict', conflict, { retryable: true, details: { tenant, aggregateId } })
  })
}
