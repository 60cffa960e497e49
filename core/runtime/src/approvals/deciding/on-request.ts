import { LoopError, type Actor, type ApprovalRequest, type LoopInstance } from '@loop-engine/core'

import type { Refusal } from '../../judging/decide/ruling.ts'
import type { Kernel } from '../../kernel.ts'
import { createChange, type Change, type PlanRest } from '../../recording/change.ts'
import { commitChange } from '../../recording/commit-change.ts'
import { keyMismatch } from '../../recording/idempotency.ts'
import { overLimit, refusedBy, stoppedError } from '../../recording/refused-by.ts'
import { answeredBefore } from './kept-answer.ts'

export interface Situation {
  readonly request: ApprovalRequest
  readonly instance: LoopInstance
  readonly change: Change
  /** Who decides, hands on, takes back, or is the clock. */
  readonly actor: Actor
  /** Why the store refused this before: a limit that would be overrun. */
  readonly late?: Refusal
}
export type Outcome<Result> = {
  readonly result: Result
  /** Built again with `late` when a counter of what follows is full: a soft limit only warns. */
  readonly plan?: PlanRest
  /** A hard limit is in the way: nothing of this is committed. */
  readonly isHeldUp?: boolean
}

type Build<Result> = (situation: Situation) => Outcome<Result> | Promise<Outcome<Result>>

type Attempt<Result> = { readonly result: Result; readonly isJudged?: true } | 'conflict'

/** Loads a request and its run, lets `build` change them, and commits; judges again on a conflict. */
export async function onRequest<Result>(
  kernel: Kernel,
  { tenant = 'default', requestId }: { readonly tenant?: string; readonly requestId: string },
  actor: Actor,
  build: Build<Result>,
  /** What becomes of it when the store refuses what was built; not needed for what no stop holds up. */
  refused?: (situation: Situation, reason: 'stopped' | 'limit_reached') => Outcome<Result>,
): Promise<Result> {
  const mark = kernel.runs.mark()
  const first = await kernel.store.approval(tenant, requestId)
  if (!first)
    throw new LoopError('not_found', 'No approval request has this id.', { path: '/requestId' })
  const { runId, aggregateId } = first

  const attempt = async (
    instance: LoopInstance,
    request: ApprovalRequest,
    late?: Refusal,
    make = build,
  ): Promise<Attempt<Result>> => {
    const change = createChange(instance, request.trace)
    const situation = { request, instance, change, actor, late }
    const { result, plan, isHeldUp } = await make(situation)
    if (isHeldUp) return tell(instance, request, overLimit())
    if (!plan) return { result }
    const outcome = await commitChange(kernel, change, plan)
    if (outcome.kind === 'conflict') return 'conflict'
    if (outcome.kind === 'key-mismatch') throw keyMismatch()
    if (outcome.kind === 'committed') return { result, isJudged: true }
    if (outcome.kind === 'duplicate') {
      // Only decisions have keys.
      const result = (await answeredBefore(kernel, { tenant, requestId }, outcome.answer)) as Result
      return { result, isJudged: true }
    }
    const refusal = refusedBy(outcome, late)
    if (refusal.overrun) return attempt(instance, request, refusal)
    if (!refused && refusal.reason === 'stopped') throw stoppedError(outcome.detail)
    return tell(instance, request, refusal)
  }

  const tell = async (
    instance: LoopInstance,
    request: ApprovalRequest,
    { reason, message }: ReturnType<typeof overLimit>,
  ): Promise<Attempt<Result>> => {
    if (!refused) throw new LoopError('refused', message, { details: { reason } })
    const told = await attempt(instance, request, undefined, (again) => refused(again, reason))
    return told === 'conflict' ? told : { ...told, isJudged: true }
  }

  return kernel.runs.exclusive(tenant, aggregateId, async () => {
    // A run that was in memory before the request was read will do for a first try. It may be old: the store notices
    // that when it judges a plan, but nobody would notice in an answer without one.
    const known = kernel.runs.known(tenant, aggregateId, mark)
    if (known?.runId === runId) {
      const quick = await attempt(known, first)
      if (quick !== 'conflict' && quick.isJudged) return quick.result
    }
    for (let attempts = 0; attempts <= kernel.limits.maxConflictRetries; attempts++) {
      // The run first, and then the request: what another process makes of the request after that fails the commit, by
      // the run's version; read the other way round it would be overwritten.
      const instance = await kernel.store.getRun(tenant, runId)
      const request = await kernel.store.approval(tenant, requestId)
      if (!request || !instance)
        throw new LoopError('corrupt', 'The run of an approval request is gone.')
      const answered = await attempt(instance, request)
      if (answered !== 'conflict') return answered.result
    }
    throw new LoopError('conflict', 'The run kept moving while a decision was recorded.', {
      retryable: true,
    })
  })
}
