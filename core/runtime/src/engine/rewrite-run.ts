import {
  isOpen,
  LoopError,
  type Actor,
  type CommitPlan,
  type LoopInstance,
} from '@loop-engine/core'

import type { Refusal } from '../judging/ruling.ts'
import type { Kernel } from '../kernel.ts'
import { createChange, type Change, type PlanRest } from '../recording/change.ts'
import { commitChange } from '../recording/commit-change.ts'
import { refusedBy, stoppedError } from '../recording/refused-by.ts'
import { refuseReserved } from './admit-input.ts'
import type { Expected } from './engine-input.ts'

type Built = Partial<PlanRest> | void

/** Commits a change that no guard judges: reads fresh, refuses on final runs, judges again on a conflict. */
export async function rewrite(
  kernel: Kernel,
  tenant: string,
  aggregateId: string,
  actor: Actor,
  build: (instance: LoopInstance, change: Change, late?: Refusal) => Built | Promise<Built>,
  {
    finalToo = false,
    expected,
    runId,
    ...rest
  }: Partial<CommitPlan> & {
    finalToo?: boolean
    expected?: Expected
    runId?: string | undefined
  } = {},
): Promise<LoopInstance> {
  refuseReserved(aggregateId)
  return kernel.runs.exclusive(tenant, aggregateId, async () => {
    let late: Refusal | undefined
    let conflicts = 0
    while (conflicts <= kernel.limits.conflictRetries) {
      const instance =
        runId === undefined
          ? await kernel.runs.load(tenant, aggregateId, true)
          : await olderRun(kernel, tenant, aggregateId, runId)
      refuseMoved(instance, expected)
      if (!finalToo && !isOpen(instance.status)) {
        throw new LoopError('refused', `The run is ${instance.status}; nothing follows that.`, {
          details: { tenant, aggregateId },
        })
      }
      const change = createChange(instance)
      const built = await build(instance, change, late)
      const outcome = await commitChange(kernel, change, { scopes: [], ...rest, ...built })
      if (outcome.kind === 'committed') return change.instance
      if (outcome.kind === 'refused' && outcome.reason === 'stopped')
        throw stoppedError(outcome.detail)
      if (outcome.kind === 'refused') late = refusedBy(outcome, late)
      else conflicts += 1
    }
    throw new LoopError('conflict', 'The run kept moving while it was changed.', {
      retryable: true,
      details: { tenant, aggregateId, actor: actor.id },
    })
  })
}

async function olderRun(
  { store }: Kernel,
  tenant: string,
  aggregateId: string,
  runId: string,
): Promise<LoopInstance> {
  const instance = await store.getRun(tenant, runId)
  if (instance?.aggregateId === aggregateId) return instance
  throw new LoopError('not_found', 'The business key has no such run.', { path: '/runId' })
}

/** Whether the run is not the one that the caller saw, or has another version. */
export function hasMoved(
  { runId, version }: LoopInstance,
  expected: Expected | undefined,
): boolean {
  return expected !== undefined && (expected.runId !== runId || expected.version !== version)
}

/** The version that was checked is the one that is committed upon: the store compares it again. */
export function refuseMoved(instance: LoopInstance, expected: Expected | undefined): void {
  if (!hasMoved(instance, expected)) return
  const { runId, version } = instance
  throw new LoopError('conflict', 'The run has moved since it was read.', {
    details: { reason: 'moved', runId, version },
    hint: 'Read it again and judge anew.',
  })
}
