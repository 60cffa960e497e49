import { isOpen, LoopError, type LoopInstance } from '@loop-engine/core'

import { refuseReserved } from '../check-key.ts'
import type { Refusal } from '../judging/decide/ruling.ts'
import type { Kernel } from '../kernel.ts'
import { createChange, type Change, type PlanRest } from '../recording/change.ts'
import { stoppedError } from '../recording/refused-by.ts'
import { untilCommitted } from '../recording/until-committed.ts'
import type { Expected, Target } from './engine-input.ts'

/** The run to change, and how the caller saw it; `runId` names an older run of the key. */
interface Rewritten extends Target {
  readonly runId?: string
  readonly expected?: Expected
}

/** Commits a change that no guard judges: reads the run from the store, refuses final runs, and tries again on a conflict. */
export async function rewrite(
  kernel: Kernel,
  { tenant = 'default', aggregateId, runId, expected }: Rewritten,
  build: (instance: LoopInstance, change: Change, late?: Refusal) => Promise<PlanRest>,
  { finalToo = false }: { readonly finalToo?: boolean } = {},
): Promise<LoopInstance> {
  refuseReserved(aggregateId)
  const key = { tenant, aggregateId }
  return untilCommitted(kernel, key, {
    async attempt(late) {
      const instance =
        runId === undefined
          ? await kernel.runs.load(tenant, aggregateId, true)
          : await olderRun(kernel, tenant, aggregateId, runId)
      refuseMoved(instance, expected)
      if (!finalToo && !isOpen(instance.status))
        throw new LoopError('refused', `The run is ${instance.status}; nothing follows that.`, {
          details: key,
        })
      const change = createChange(instance)
      const rest = await build(instance, change, late)
      return { result: change.instance, record: { change, rest } }
    },
    refused({ detail }) {
      throw stoppedError(detail)
    },
    conflict: 'The run kept moving while it was changed.',
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

/** Throws `conflict` if the run has moved. It cannot move after this unnoticed: the store compares the version again. */
export function refuseMoved(instance: LoopInstance, expected: Expected | undefined): void {
  if (!hasMoved(instance, expected)) return
  const { runId, version } = instance
  throw new LoopError('conflict', 'The run has moved since it was read.', {
    details: { reason: 'moved', runId, version },
    hint: 'Read it again and judge anew.',
  })
}
