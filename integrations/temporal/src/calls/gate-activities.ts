import {
  canonicalize,
  isLoopError,
  parseDuration,
  signedDecisionOf,
  snapshot,
  type ApprovalRequest,
  type LoopInstance,
  type Principal,
} from '@loop-engine/core'
import type { LoopSystem } from '@loop-engine/sdk'
import { activityInfo } from '@temporalio/activity'
import { ApplicationFailure } from '@temporalio/common'
import { z } from 'zod'

import type { GateSigner } from '../decision-sink.ts'
import type { GateActivities, GateReport } from '../names.ts'
import { denied, faultOf, stopped } from '../refusals.ts'
import {
  boundedKey,
  requesterOf,
  siteOf,
  workerActor,
  type ActorOf,
  type CallSite,
} from './call-site.ts'

export interface GateGovernance {
  readonly system: Pick<LoopSystem, 'engine' | 'approvals' | 'relay'>
  readonly tenant: string
  readonly actorOf: ActorOf | undefined
  readonly signer: GateSigner | undefined
  /** Registers the loop of a gate with the engine and returns its id; undefined if no policy names the gate. */
  loopOf(gate: string): Promise<string | undefined>
  /** Who started the calling workflow. Throws `auth` if this must be proven and is not. */
  caller(): Principal | undefined
}

const openSchema = z.object({
  gate: z.string().min(1).max(100),
  id: z.string().min(1).max(200),
  firstRunId: z.string().max(200),
  input: z.unknown(),
})

/** The activities that the plugin runs on the worker for gates, and for calls that wait. */
export function createGateActivities(governance: GateGovernance): GateActivities {
  const { system, tenant } = governance
  return {
    async loopEngineOpenGate(given: unknown) {
      const wanted = openSchema.parse(given)
      try {
        return await openGate(governance, siteOf(activityInfo()), wanted)
      } catch (error) {
        throw faultOf(error, `The gate ${wanted.gate}`)
      }
    },
    async loopEngineTurnGate(requestId: unknown) {
      const id = z.string().parse(requestId)
      try {
        return await turnGate(governance, id)
      } catch (error) {
        throw faultOf(error, 'A gate')
      }
    },
    async loopEngineWithdraw(requestId: unknown) {
      const id = z.string().parse(requestId)
      const request = await system.approvals.get({ tenant, id })
      if (request?.status !== 'pending') return
      const { requester: actor } = request
      try {
        await system.approvals.withdraw({ tenant, requestId: id, actor, reason: 'cancelled' })
      } catch (error) {
        // The request has expired, and a stop holds up recording that. Nobody can decide it any more.
        if (!isLoopError(error) || error.code !== 'stopped') throw error
      }
    },
  }
}

async function turnGate(governance: GateGovernance, id: string): Promise<GateReport> {
  const { system, tenant } = governance
  const before = await system.approvals.get({ tenant, id })
  // Delivers a due reminder, escalation or expiry.
  if (before) await system.relay.drain({ tenant, aggregateId: before.aggregateId })
  const request = await system.approvals.get({ tenant, id })
  if (!request) throw ApplicationFailure.nonRetryable('The request of a gate is gone.')
  return reportOf(governance, request)
}

async function openGate(
  governance: GateGovernance,
  site: CallSite,
  { gate, id, firstRunId, input }: z.infer<typeof openSchema>,
): Promise<GateReport> {
  const { system, tenant, actorOf } = governance
  const { engine } = system
  const { namespace, workflowId = '', workflowType = '' } = site
  // Runs that continue as new share their first run, so they find the same request.
  const aggregateId = boundedKey('gate', [namespace, workflowId, firstRunId, id])
  const name = `The gate ${gate}`
  const loopId = await governance.loopOf(gate)
  if (loopId === undefined) throw denied(name, { aggregateId, reason: 'unknown_gate' })
  const asked = { input: snapshot(input) }
  const temporal = {
    namespace,
    workflowId,
    workflowType,
    runId: site.runId ?? '',
    activityId: site.activityId,
    gate: id,
  }
  const actor = requesterOf(site, governance.caller(), actorOf)
  const instance =
    (await engine.get({ tenant, aggregateId })) ??
    (await engine.start({
      tenant,
      loopId,
      aggregateId,
      actor: workerActor,
      metadata: { temporal: { ...temporal, kind: 'gate' } },
      evidence: { ...asked, temporal },
      idempotencyKey: aggregateId,
    }))
  if (instance.loopId !== loopId) throw denied(name, { aggregateId, reason: 'other_call' })
  await refuseOther(engine, instance, asked, name)
  if (instance.currentState !== 'REQUESTED' || instance.openApprovals > 0)
    return reportOf(governance, await requestOf(governance, instance), instance)
  const result = await engine.transition({
    tenant,
    aggregateId,
    transitionId: 'pass',
    actor,
    evidence: { ...asked, temporal },
  })
  if (result.status === 'rejected' && result.reason === 'stopped') throw stopped(name, aggregateId)
  if (result.status === 'guard_failed' || result.status === 'rejected')
    throw denied(name, { aggregateId, reason: result.reason })
  return reportOf(governance, await requestOf(governance, result.instance), result.instance)
}

/** Denies a gate with another input than the recorded one: it must not inherit the answer. */
async function refuseOther(
  engine: LoopSystem['engine'],
  { tenant, aggregateId, runId }: LoopInstance,
  asked: { readonly input: unknown },
  name: string,
): Promise<void> {
  for await (const { evidence } of engine.history({ tenant, aggregateId, runId })) {
    if (canonicalize(evidence?.['input'] ?? null) === canonicalize(asked.input)) return
    throw denied(name, { aggregateId, reason: 'input_mismatch' })
  }
}

async function requestOf(
  { system, tenant }: GateGovernance,
  { runId }: LoopInstance,
): Promise<ApprovalRequest | undefined> {
  return (await system.approvals.find({ tenant, runId, limit: 1 })).items[0]
}

async function reportOf(
  { system, tenant, signer }: GateGovernance,
  found: ApprovalRequest | undefined,
  instance?: LoopInstance,
): Promise<GateReport> {
  if (!found)
    return { status: instance?.currentState === 'PASSED' ? 'passed' : 'cancelled', dueAt: [] }
  // For a request that is over, `wait` returns at once, and checks the stored end against the record.
  const request =
    found.status === 'pending'
      ? found
      : await system.approvals.wait({ tenant, requestId: found.id })
  const { id, runId, revision, actionDigest, expiresAt } = request
  const signed = signedDecisionOf(request)
  const { status } = signed
  return {
    status,
    request: { id, runId, revision, actionDigest, expiresAt },
    dueAt: dueAtOf(request),
    ...(signer &&
      status !== 'pending' && {
        token: await signer.sign(signed, signer.audience),
      }),
  }
}

/** The times at which the engine has something to do for a request, epoch milliseconds in order. */
function dueAtOf({ policy, createdAt, expiresAt }: ApprovalRequest): readonly number[] {
  const escalations = (policy.escalate ?? []).map(({ after }) => createdAt + parseDuration(after))
  const every = policy.remindEvery === undefined ? Infinity : parseDuration(policy.remindEvery)
  const reminders: number[] = []
  for (let at = createdAt + every; at < expiresAt && reminders.length < 100; at += every)
    reminders.push(at)
  return [...escalations, ...reminders, expiresAt].toSorted((one, two) => one - two)
}
