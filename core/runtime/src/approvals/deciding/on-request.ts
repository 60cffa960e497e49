import {
  actorScopes,
  LoopError,
  type Actor,
  type ApprovalRequest,
  type LoopInstance,
} from '@loop-engine/core'

import type { Refusal } from '../../judging/decide/ruling.ts'
import type { Kernel } from '../../kernel.ts'
import { createChange, type Change, type PlanRest } from '../../recording/change.ts'
import { commitChange } from '../../recording/commit-change.ts'
import { keyMismatch } from '../../recording/idempotency.ts'
import { overLimit, refusedBy, stoppedError, type LateRefusal } from '../../recording/refused-by.ts'
import { answeredBefore } from './kept-answer.ts'

export interface Situation {
  readonly request: ApprovalRequest
  readonly instance: LoopInstance
  readonly change: Change
  /** Who decides, delegates or withdraws; or the timer. */
  readonly actor: Actor
  /** The limit for which the store refused an earlier attempt. */
  readonly late?: Refusal
}

export interface Outcome<Result> {
  readonly result: Result
  /** What to commit. If a counter is full, everything is built again with `late`, so that a soft limit only warns. */
  readonly plan?: PlanRest
  /** A hard limit is in the way, and nothing is committed. */
  readonly isHeldUp?: boolean
}

/**
 * Lets a stop of any account of the person who decides hold up the outcome: an account may have been stopped before the
 * directory knew whose it is.
 */
export function heldUpByAccounts<Result>(
  outcome: Outcome<Result>,
  { request }: Situation,
  accounts: readonly string[],
): Outcome<Result> {
  const { plan } = outcome
  if (!plan) return outcome
  const more = accounts.flatMap((id) => actorScopes(request.tenant, id))
  return { ...outcome, plan: { ...plan, scopes: [...plan.scopes, ...more] } }
}

interface Steps<Result> {
  readonly build: (situation: Situation) => Outcome<Result> | Promise<Outcome<Result>>
  /** The outcome if the store refuses what was built; not needed for changes that no stop holds up. */
  readonly refused?: (situation: Situation, reason: 'stopped' | 'limit_reached') => Outcome<Result>
}

interface RequestKey {
  readonly tenant: string
  readonly requestId: string
}

type Attempt<Result> = { readonly result: Result; readonly isJudged?: true } | 'conflict'

/** Loads a request and its run, lets `build` change them, and commits; judges again on a conflict. */
export async function onRequest<Result>(
  kernel: Kernel,
  { tenant = 'default', requestId }: Partial<RequestKey> & Pick<RequestKey, 'requestId'>,
  actor: Actor,
  build: Steps<Result>['build'],
  refused?: Steps<Result>['refused'],
): Promise<Result> {
  const mark = kernel.runs.mark()
  const first = await kernel.store.approval(tenant, requestId)
  if (!first)
    throw new LoopError('not_found', 'No approval request has this id.', { path: '/requestId' })
  const { runId, aggregateId } = first
  const attemptOn = async (
    instance: LoopInstance,
    request: ApprovalRequest,
  ): Promise<Attempt<Result>> =>
    attempt(kernel, { tenant, requestId }, { build, refused }, { request, instance, actor })

  return kernel.runs.exclusive(tenant, aggregateId, async () => {
    // A run that was in memory before the request was read will do for a first try. If it is old, the store notices when
    // it judges the plan; an answer without a plan would be wrong unnoticed, so it is not taken from this try.
    const known = kernel.runs.known(tenant, aggregateId, mark)
    if (known?.runId === runId) {
      const quick = await attemptOn(known, first)
      if (quick !== 'conflict' && quick.isJudged) return quick.result
    }
    for (let attempts = 0; attempts <= kernel.limits.maxConflictRetries; attempts++) {
      // The run is read before the request: if another process changes the request after that, the version of the run
      // makes the commit fail. Read the other way round, the commit would overwrite that change.
      const instance = await kernel.store.getRun(tenant, runId)
      const request = await kernel.store.approval(tenant, requestId)
      if (!request || !instance)
        throw new LoopError('corrupt', 'The run of an approval request is gone.')
      const answered = await attemptOn(instance, request)
      if (answered !== 'conflict') return answered.result
    }
    throw new LoopError('conflict', 'The run kept moving while a decision was recorded.', {
      retryable: true,
    })
  })
}

async function attempt<Result>(
  kernel: Kernel,
  key: RequestKey,
  { build, refused }: Steps<Result>,
  about: Omit<Situation, 'change'>,
): Promise<Attempt<Result>> {
  const { request, instance, late } = about
  const change = createChange(instance, request.trace)
  const { result, plan, isHeldUp } = await build({ ...about, change })
  const tell = async ({ reason, message }: LateRefusal): Promise<Attempt<Result>> => {
    if (!refused) throw new LoopError('refused', message, { details: { reason } })
    const steps = { build: (again: Situation) => refused(again, reason), refused }
    const told = await attempt(kernel, key, steps, { ...about, late: undefined })
    return told === 'conflict' ? told : { ...told, isJudged: true }
  }
  if (isHeldUp) return tell(overLimit())
  if (!plan) return { result }
  const outcome = await commitChange(kernel, change, plan)
  switch (outcome.kind) {
    case 'committed':
      return { result, isJudged: true }
    case 'conflict':
      return 'conflict'
    case 'key-mismatch':
      throw keyMismatch()
    case 'duplicate':
      // Only decisions have keys.
      return {
        result: (await answeredBefore(kernel, key, outcome.answer)) as Result,
        isJudged: true,
      }
    case 'refused': {
      const refusal = refusedBy(outcome, late)
      if (refusal.overrun)
        return attempt(kernel, key, { build, refused }, { ...about, late: refusal })
      if (!refused && refusal.reason === 'stopped') throw stoppedError(outcome.detail)
      return tell(refusal)
    }
  }
}
