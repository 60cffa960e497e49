import type { Actor, JsonObject, LoopInstance, TransitionResult } from '@loop-engine/core'

import { denied, faultOf, pending, stopped, unknownOutcome } from '../refusals.ts'
import { readCall, withdrawn, type CallRecord } from './call-record.ts'
import { requesterOf, type CallSite } from './call-site.ts'
import { openCall, type ActivityAttempt, type ActivityGovernance } from './open-call.ts'
import { runLicensed, type LicensedCall } from './run-licensed.ts'

/**
 * Runs one attempt of an activity, if the ledger permits it, once per receipt. If it did not run, throws a failure of
 * one of the `failureTypes`, or a retryable `LoopEngine.<code>` for a passing fault.
 */
export async function governActivity(
  governance: ActivityGovernance,
  attempt: ActivityAttempt,
): Promise<unknown> {
  try {
    const record = await openCall(governance, attempt)
    return await proceed(governance, attempt, record)
  } catch (error) {
    throw faultOf(error, attempt.site.activityType)
  }
}

async function proceed(
  governance: ActivityGovernance,
  attempt: ActivityAttempt,
  record: CallRecord,
): Promise<unknown> {
  const { instance, ended } = record
  const { aggregateId, currentState } = instance
  const name = attempt.site.activityType
  switch (currentState) {
    case 'REQUESTED':
      if (instance.openApprovals > 0) return wait(governance, attempt, record)
      if (record.reason !== withdrawn) return ask(governance, attempt, record)
      await step(governance, attempt.site, aggregateId, 'deny', { reason: withdrawn })
      throw denied(name, { aggregateId, reason: withdrawn })
    case 'EXECUTING':
      return runLicensed(licensed(governance, attempt, instance), record)
    case 'EXECUTED':
      // An earlier worker died after it reported the result to the ledger and before it reported it to Temporal.
      if (ended['unrecordable'])
        throw unknownOutcome(name, { aggregateId, reason: 'result_not_kept' })
      return ended['output']
    case 'UNKNOWN':
      throw unknownOutcome(name, { aggregateId, reason: 'interrupted' })
    default:
      throw denied(name, { aggregateId, reason: record.reason ?? currentState.toLowerCase() })
  }
}

async function ask(
  governance: ActivityGovernance,
  attempt: ActivityAttempt,
  { instance, asked }: CallRecord,
): Promise<unknown> {
  const { system, tenant, actorOf } = governance
  const { site, caller } = attempt
  const { aggregateId } = instance
  const result = await system.engine.transition({
    tenant,
    aggregateId,
    transitionId: 'execute',
    actor: requesterOf(site, caller, actorOf),
    evidence: asked ?? {},
  })
  const name = site.activityType
  switch (result.status) {
    case 'executed':
      return runLicensed(licensed(governance, attempt, instance), {
        begun: false,
        licence: { receipt: result.receipt, evidence: asked },
      })
    case 'pending_approval':
      throw pending(name, {
        aggregateId,
        approvalId: result.approvalId,
        expiresAt: result.expiresAt,
      })
    case 'guard_failed':
      await step(governance, site, aggregateId, 'deny', { reason: `guard:${result.reason}` })
      throw denied(name, { aggregateId, reason: `guard:${result.reason}` })
    case 'rejected':
      if (result.reason === 'stopped') throw stopped(name, aggregateId)
      await step(governance, site, aggregateId, 'deny', { reason: result.reason })
      throw denied(name, { aggregateId, reason: result.reason })
  }
}

/** Reports a call that still waits for people. Ends an expired request here, because the relay may not run. */
async function wait(
  governance: ActivityGovernance,
  attempt: ActivityAttempt,
  { instance }: CallRecord,
): Promise<unknown> {
  const { system, tenant, clock } = governance
  const { aggregateId, runId } = instance
  const { items } = await system.approvals.find({ tenant, runId, status: 'pending', limit: 1 })
  const [request] = items
  if (request && request.expiresAt > clock.now())
    throw pending(attempt.site.activityType, {
      aggregateId,
      approvalId: request.id,
      expiresAt: request.expiresAt,
    })
  await system.relay.drain({ tenant, aggregateId })
  const current = await system.engine.get({ tenant, aggregateId })
  if (current === null || current.version === instance.version)
    throw denied(attempt.site.activityType, { aggregateId, reason: 'expired' })
  return proceed(governance, attempt, await readCall(system.engine, current))
}

function licensed(
  governance: ActivityGovernance,
  attempt: ActivityAttempt,
  { aggregateId, loopId }: LoopInstance,
): LicensedCall {
  const { site, policy, run } = attempt
  const single = attempt.args.length === 1
  return {
    name: site.activityType,
    aggregateId,
    loopId,
    idempotent: policy.idempotent === true,
    engine: governance.system.engine,
    run: (input) => run(single ? [input] : (input as unknown[])),
    step: (transitionId, evidence) => step(governance, site, aggregateId, transitionId, evidence),
  }
}

/** Takes a transition of a call, as the activity. */
async function step(
  { system, tenant }: ActivityGovernance,
  { activityType }: CallSite,
  aggregateId: string,
  transitionId: string,
  evidence?: JsonObject,
): Promise<TransitionResult> {
  const actor: Actor = { type: 'automation', id: `activity:${activityType}`.slice(0, 256) }
  return system.engine.transition({
    tenant,
    aggregateId,
    transitionId,
    actor,
    ...(evidence && { evidence }),
  })
}
