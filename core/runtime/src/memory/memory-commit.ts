import {
  parseJson,
  type ApprovalRequest,
  type CommitPlan,
  type CommitResult,
  comparePositions,
  deepFreeze,
  isOpen,
  type JsonObject,
  type LoopInstance,
  type PostedMessage,
  type Stop,
  waitsFor,
} from '@loop-engine/core'

import type { MemoryOutbox } from './memory-outbox.ts'
import { runPosition, type Run, type Tenant } from './memory-tenant.ts'
import { pair } from './pair.ts'

/** Why a plan may not happen, in the order that the contract gives; null when it may. */
export function judge(
  plan: CommitPlan,
  tenant: Tenant,
  outbox: MemoryOutbox,
  stops: ReadonlyMap<string, Stop>,
): CommitResult | null {
  const { idempotency, settle, fence, instance, spend } = plan
  if (idempotency !== undefined) {
    const known = tenant.idempotency.get(pair(idempotency.principal, idempotency.key))
    if (known !== undefined && known.fingerprint !== idempotency.fingerprint)
      return { kind: 'key-mismatch' }
    if (known !== undefined) return { kind: 'duplicate', answer: known.answer }
  }
  for (const claimed of [settle, fence]) {
    if (claimed === undefined || outbox.holds(plan.tenant, claimed)) continue
    return { kind: 'refused', reason: 'fenced', detail: claimed.id }
  }
  const stopped = stops.size === 0 ? undefined : plan.scopes.find((scope) => stops.has(scope))
  if (stopped !== undefined) return { kind: 'refused', reason: 'stopped', detail: stopped }

  const run = tenant.runs.get(instance.runId)
  const actual = run?.instance.version ?? null
  if ((actual ?? 0) !== plan.expectedVersion) return { kind: 'conflict', actual }
  const other = isOpen(instance.status) ? tenant.open.get(instance.aggregateId) : undefined
  if (other !== undefined && other !== run) return { kind: 'conflict', actual }

  if (spend !== undefined && tenant.spent.has(spend.receipt)) {
    return { kind: 'refused', reason: 'spent', detail: spend.receipt }
  }
  const overrun = findOverrun(plan, tenant)
  return overrun === null ? null : { kind: 'refused', reason: 'limit', detail: overrun }
}

/** The first counter that this plan would take over its limit. */
function findOverrun({ reservations = [] }: CommitPlan, { counters }: Tenant): string | null {
  const sums = new Map<string, number>()
  for (const { key, bucket, amount, limit } of reservations) {
    const name = pair(bucket, key)
    const sum = (sums.get(name) ?? counters.get(name)?.value ?? 0) + amount
    if (sum > limit) return key
    sums.set(name, sum)
  }
  return null
}

/** Makes the whole change. Nothing here may throw, because nothing could be undone. */
export function apply(
  plan: CommitPlan,
  tenant: Tenant,
  outbox: MemoryOutbox,
  stops: Map<string, Stop>,
): void {
  const run = moveRun(plan.instance, tenant)
  for (const entry of plan.entries) {
    run.entries.push(entry)
    tenant.unlogged.push(entry)
  }
  for (const seq of plan.erase ?? []) eraseEvidence(run, seq, tenant)
  for (const request of plan.approvals ?? []) keepApproval(request, tenant)
  if (plan.settle !== undefined) outbox.finish(plan.tenant, plan.settle.id)
  for (const id of plan.cancel ?? []) outbox.cancel(plan.tenant, id)
  for (const item of plan.outbox ?? []) outbox.add(item)
  if (plan.idempotency !== undefined) {
    const { principal, key } = plan.idempotency
    tenant.idempotency.set(pair(principal, key), plan.idempotency)
  }
  for (const { key, bucket, amount, expiresAt = Infinity } of plan.reservations ?? []) {
    const name = pair(bucket, key)
    const before = tenant.counters.get(name) ?? { value: 0, expiresAt: 0 }
    tenant.counters.set(name, {
      value: before.value + amount,
      expiresAt: Math.max(before.expiresAt, expiresAt),
    })
  }
  if (plan.spend !== undefined) tenant.spent.set(plan.spend.receipt, plan.spend.by)
  for (const scope of plan.stops?.clear ?? []) stops.delete(scope)
  for (const stop of plan.stops?.set ?? []) stops.set(stop.scope, deepFreeze(stop))
}

/** Keeps a reference apart from the request, so that no commit removes it. */
export function keepMessage({ requestId, channel, ref }: PostedMessage, tenant: Tenant): void {
  const own = parseJson(JSON.stringify(ref)) as JsonObject
  tenant.messages.set(requestId, { ...tenant.messages.get(requestId), [channel]: own })
  const request = tenant.approvals.get(requestId)
  if (request !== undefined) keepApproval(request, tenant)
}

/** Keeps a frozen request, because callers and channels get the very object that is kept. */
function keepApproval(
  given: ApprovalRequest,
  { approvals, runApprovals, waiting, messages }: Tenant,
): void {
  const kept = messages.get(given.id)
  const request = deepFreeze(kept ? { ...given, messages: { ...given.messages, ...kept } } : given)
  const before = approvals.get(request.id)
  for (const name of before ? waitsFor(before) : []) {
    waiting.get(name)?.delete(request.id)
    if (waiting.get(name)?.size === 0) waiting.delete(name)
  }
  for (const name of waitsFor(request)) {
    const ofName = waiting.get(name) ?? new Map<string, ApprovalRequest>()
    waiting.set(name, ofName.set(request.id, request))
  }
  approvals.set(request.id, request)
  const siblings = runApprovals.get(request.runId)
  if (siblings === undefined) runApprovals.set(request.runId, new Map([[request.id, request]]))
  else siblings.set(request.id, request)
}

function moveRun(instance: LoopInstance, { runs, keys, open }: Tenant): Run {
  const known = runs.get(instance.runId)
  const run = known ?? { instance, entries: [] }
  run.instance = instance
  if (known === undefined) {
    runs.set(instance.runId, run)
    const siblings = keys.get(instance.aggregateId)
    if (siblings === undefined) keys.set(instance.aggregateId, [run])
    else insertSorted(siblings, run)
  }
  if (isOpen(instance.status)) open.set(instance.aggregateId, run)
  else if (open.get(instance.aggregateId) === run) open.delete(instance.aggregateId)
  return run
}

function insertSorted(runs: Run[], run: Run): void {
  runs.push(run)
  runs.sort((one, other) =>
    comparePositions(runPosition(one.instance), runPosition(other.instance)),
  )
}

function eraseEvidence({ entries }: Run, seq: number, { unlogged }: Tenant): void {
  const entry = entries[seq - 1]
  if (entry === undefined) return
  const erased = { ...entry, evidence: null, salt: null }
  entries[seq - 1] = erased
  const place = unlogged.indexOf(entry)
  if (place !== -1) unlogged[place] = erased
}
