import {
  isLoopError,
  LoopError,
  type CommitPlan,
  type CommitResult,
  type OutboxItem,
} from '@loop-engine/core'

import type { Kernel } from '../kernel.ts'
import type { Change, PlanRest } from './change.ts'
import { enveloped } from './trace-envelope.ts'

/** Commits a change. On success this process remembers the run, subscribers have its entries, and the relay is awake. */
export async function commitChange(
  kernel: Kernel,
  change: Change,
  rest: PlanRest,
): Promise<CommitResult> {
  for (const sink of kernel.sinks.keys()) change.publish(sink)
  const planned = change.plan(rest)
  const outbox =
    planned.outbox && enveloped(kernel, dueByNow(planned.outbox, kernel.clock.now()), change.origin)
  const plan = outbox === planned.outbox ? planned : { ...planned, outbox }
  let result: CommitResult | undefined
  try {
    result = (await kernel.store.commit([plan]))[0]
  } catch (error) {
    throw isLoopError(error) ? error : unanswered(kernel, error)
  }
  if (!result) throw unanswered(kernel)
  if (result.kind === 'committed') {
    kernel.runs.keep(plan.instance)
    for (const request of plan.approvals ?? []) {
      kernel.known.keepAsked(request, plan)
      kernel.bells.ring(request)
    }
    if (plan.entries.length > 0) kernel.bus.publish(plan.entries)
    if (plan.outbox) kernel.wake()
    tellTelemetry(kernel, plan)
  } else if (result.kind === 'conflict') {
    kernel.runs.forget(plan.tenant, plan.instance.aggregateId)
  }
  return result
}

/** A commit does not fail because telemetry did. */
function tellTelemetry({ telemetry, report }: Kernel, plan: CommitPlan): void {
  try {
    telemetry?.recorded(plan)
  } catch (error) {
    report(error)
  }
}

/** A store that throws an error which is none of ours, or does not answer, may already have written. */
function unanswered({ store }: Kernel, cause?: unknown): LoopError {
  return new LoopError('unknown_outcome', 'The store did not answer for a plan.', {
    plugin: store.name,
    retryable: true,
    hint: 'The same call with the same idempotency key tells what happened.',
    cause,
  })
}

/**
 * Makes every item but timers due now. Its entry may have a later time than now, because time never goes back within a run
 * and another process may have written with a clock that is ahead.
 */
function dueByNow(items: readonly OutboxItem[], now: number): readonly OutboxItem[] {
  const isFine = ({ kind, dueAt }: OutboxItem): boolean => kind === 'timer' || dueAt <= now
  return items.every(isFine)
    ? items
    : items.map((item) => (isFine(item) ? item : { ...item, dueAt: now }))
}
