import { LoopError, type CommitResult } from '@loop-engine/core'

import type { Refusal } from '../judging/decide/ruling.ts'
import type { Kernel } from '../kernel.ts'
import type { Change, PlanRest } from './change.ts'
import { commitChange } from './commit-change.ts'
import { refusedBy } from './refused-by.ts'

/** What a try makes of the run as it is now: an answer, which holds once what it has to record is committed. */
interface Try<Result> {
  readonly result: Result
  readonly record?: { readonly change: Change; readonly rest: PlanRest }
}

interface Tries<Result> {
  /** Reads the run and changes it; `late` says which counters had no room for what an earlier try made of it. */
  attempt(late?: Refusal): Promise<Try<Result>>
  /** What becomes of it when a stop, or a receipt that is spent, is in the way. */
  refused(outcome: Extract<CommitResult, { kind: 'refused' }>): Result
  /** Said when others kept moving the run. */
  readonly conflict: string
}

/**
 * Changes a run after all earlier work on it in this process, and tries again when others moved it meanwhile: a bounded
 * number of times, then `conflict` is thrown. Throws `fenced` when a lease was lost.
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
