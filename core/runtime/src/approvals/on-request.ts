import {
  LoopError,
  type Actor,
  type ApprovalRequest,
  type CommitPlan,
  type LoopInstance,
} from '@loop-engine/core'

import { createChange, type Change } from '../change.ts'
import { keyMismatch } from '../idempotency.ts'
import { commitChange, type Kernel } from '../kernel.ts'
import { refusedBy } from '../refused-by.ts'

export interface Situation {
  readonly request: ApprovalRequest
  readonly instance: LoopInstance
  readonly change: Change
  readonly reviewer: Actor
}
export type Outcome<Result> = {
  readonly result: Result
  readonly plan?: Partial<CommitPlan> & Pick<CommitPlan, 'scopes'>
}

/** Loads a request and its run, lets `build` change them, and commits; judges again on a conflict. */
export async function onRequest<Result>(
  kernel: Kernel,
  tenant: string,
  requestId: string,
  reviewer: Actor,
  build: (situation: Situation) => Promise<Outcome<Result>>,
  refused?: (reason: 'stopped' | 'limit_reached', request: ApprovalRequest) => Result,
): Promise<Result> {
  const mark = kernel.runs.mark()
  const first = await kernel.store.approval(tenant, requestId)
  if (!first)
    throw new LoopError('not_found', 'No approval request has this id.', { path: '/requestId' })
  const { runId, aggregateId } = first
  return kernel.runs.exclusive(tenant, aggregateId, async () => {
    // The run first, and then the request: what another process makes of the request after that fails the commit, by
    // the run's version; read the other way round it would be overwritten. A run that was in memory before the request
    // was read will do for a first try. It may be old: a commit notices that, but an answer without one would not.
    let remembered = kernel.runs.known(tenant, aggregateId, mark)
    if (remembered?.runId !== runId) remembered = undefined
    for (
      let attempts = remembered ? -1 : 0;
      attempts <= kernel.limits.conflictRetries;
      attempts++
    ) {
      const isRead = remembered === undefined
      const instance = remembered ?? (await kernel.store.getRun(tenant, runId))
      const request = remembered ? first : await kernel.store.approval(tenant, requestId)
      remembered = undefined
      if (!request || !instance)
        throw new LoopError('corrupt', 'The run of an approval request is gone.')
      const change = createChange(instance, request.trace)
      const { result, plan } = await build({ request, instance, change, reviewer })
      if (!plan && isRead) return result
      if (!plan) continue
      const outcome = await commitChange(kernel, change, plan)
      if (outcome.kind === 'committed') return result
      if (outcome.kind === 'duplicate')
        return { ...(JSON.parse(outcome.answer) as Result), replayed: true }
      if (outcome.kind === 'key-mismatch') throw keyMismatch()
      if (outcome.kind === 'refused') {
        const { reason, message } = refusedBy(outcome.reason)
        if (refused) return refused(reason, request)
        throw new LoopError('stopped', message)
      }
    }
    throw new LoopError('conflict', 'The run kept moving while a decision was recorded.', {
      retryable: true,
    })
  })
}
