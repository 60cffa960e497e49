import {
  canonicalize,
  isLoopError,
  snapshot,
  type Clock,
  type JsonObject,
  type JsonValue,
  type LoopInstance,
  type Principal,
} from '@loop-engine/core'
import type { LoopSystem } from '@loop-engine/sdk'

import { denied } from '../refusals.ts'
import type { ActivityPolicy } from './call-policy.ts'
import { readCall, type CallRecord } from './call-record.ts'
import { callKey, evidenceOf, workerActor, type ActorOf, type CallSite } from './call-site.ts'

/** What governs the activities of one worker. */
export interface ActivityGovernance {
  readonly system: Pick<LoopSystem, 'engine' | 'approvals' | 'relay'>
  readonly tenant: string
  readonly actorOf: ActorOf | undefined
  readonly clock: Pick<Clock, 'now'>
  /** Registers the loop of an activity with the engine, and returns its id. */
  loopOf(activityType: string): Promise<string>
}

export interface ActivityAttempt {
  readonly site: CallSite
  readonly policy: ActivityPolicy
  readonly args: readonly unknown[]
  readonly caller: Principal | undefined
  /** The business key of an earlier call that this activity continues; undefined for a new call. */
  readonly call: string | undefined
  run(args: unknown[]): Promise<unknown>
}

/** Finds the record of a call, or starts it. Throws `LoopEngine.Denied` if the record belongs to another call. */
export async function openCall(
  governance: ActivityGovernance,
  attempt: ActivityAttempt,
): Promise<CallRecord> {
  const { engine } = governance.system
  const { site, call } = attempt
  const { tenant } = governance
  const aggregateId = call ?? callKey(site)
  const loopId = await governance.loopOf(site.activityType)
  const known =
    (await engine.get({ tenant, aggregateId })) ??
    (call === undefined ? await start(governance, attempt, loopId, aggregateId) : null)
  const name = site.activityType
  if (known === null || known.loopId !== loopId || !isOfThisWorkflow(known, site))
    throw denied(name, { aggregateId, reason: 'other_call' })
  const record = await readCall(engine, known)
  if (record.asked === null) throw denied(name, { aggregateId, reason: 'erased' })
  if (canonicalize(record.asked['input'] ?? null) !== canonicalize(inputOf(attempt.args)))
    throw denied(name, { aggregateId, reason: 'input_mismatch' })
  return record
}

async function start(
  { system, tenant }: ActivityGovernance,
  { site, args }: ActivityAttempt,
  loopId: string,
  aggregateId: string,
): Promise<LoopInstance | null> {
  const temporal = evidenceOf(site)
  try {
    return await system.engine.start({
      tenant,
      loopId,
      aggregateId,
      actor: workerActor,
      metadata: { temporal: { ...temporal, kind: 'activity' } },
      evidence: { input: inputOf(args), temporal },
      idempotencyKey: aggregateId,
    })
  } catch (error) {
    const code = isLoopError(error) ? error.code : undefined
    if (code !== 'key_mismatch' && code !== 'already_exists') throw error
    return system.engine.get({ tenant, aggregateId })
  }
}

/** A single argument as it is, otherwise the list of arguments. Throws `invalid_json` for a value that has no JSON. */
function inputOf(args: readonly unknown[]): JsonValue {
  return snapshot(args.length === 1 ? args[0] : args)
}

/** A business key may come from a workflow's history, so it may only lead to a call of the same workflow. */
function isOfThisWorkflow({ metadata }: LoopInstance, site: CallSite): boolean {
  const temporal = metadata['temporal'] as JsonObject | undefined
  return temporal?.['workflowId'] === site.workflowId && temporal?.['namespace'] === site.namespace
}
