import type { ApprovalRequest, CommitPlan, OutboxItem } from '@loop-engine/core'

/** The parameters of `commit_v1` for these plans. Keys are the columns of `plan_v1` and of its record sets. */
export function encodePlans(
  plans: readonly CommitPlan[],
): [string, string, string | null, boolean] {
  const entries: object[] = []
  const outbox: object[] = []
  let setsStops = false
  for (const [
    plan,
    { tenant, entries: sealed, outbox: items = [], erase = [], stops },
  ] of plans.entries()) {
    for (const { runId, transitionId, evidence, salt, ...entry } of sealed) {
      const isErased = erase.includes(entry.seq)
      const kept = evidence === null || isErased ? {} : { evidence, salt }
      entries.push({ plan, tenant, run: runId, transition: transitionId, ...entry, ...kept })
    }
    for (const item of items) outbox.push({ plan, ...encodeItem(item) })
    if (stops !== undefined) setsStops = true
  }
  return [
    JSON.stringify(plans.map(encodePlan)),
    JSON.stringify(entries),
    outbox.length === 0 ? null : JSON.stringify(outbox),
    setsStops,
  ]
}

/** The parameters of `commit_one_v1`, or null when the plan is more than an entry of a known run and an outbox item. */
export function encodePlainPlan(plan: CommitPlan): readonly unknown[] | null {
  const { tenant, instance, expectedVersion, entries, outbox = [], idempotency } = plan
  const { approvals, cancel, reservations, erase } = plan
  const [entry] = entries
  const [item] = outbox
  if (expectedVersion === 0 || entry === undefined || entries.length > 1 || outbox.length > 1)
    return null
  if (item !== undefined && !belongs(item, plan)) return null
  if (plan.settle || plan.fence || plan.spend || plan.stops) return null
  if (some(approvals) || some(cancel) || some(reservations) || some(erase)) return null
  return [
    tenant,
    instance.runId,
    expectedVersion,
    instance.version,
    instance.currentState,
    instance.status,
    instance.tags,
    instance.updatedAt,
    JSON.stringify(instance),
    entry.type,
    entry.transitionId,
    entry.at,
    entry.hash,
    entry.body,
    entry.evidence,
    entry.salt,
    item?.id,
    instance.aggregateId,
    item?.lane,
    item?.kind,
    item?.name,
    item?.seq,
    item?.payload,
    item?.dueAt,
    idempotency?.principal,
    idempotency?.key,
    idempotency?.fingerprint,
    idempotency?.answer,
    idempotency?.at,
  ]
}

function belongs(item: OutboxItem, { tenant, instance }: CommitPlan): boolean {
  return (
    item.tenant === tenant &&
    item.runId === instance.runId &&
    item.aggregateId === instance.aggregateId
  )
}

function encodePlan(plan: CommitPlan): object {
  const { tenant, instance, expectedVersion, idempotency, settle, fence, spend } = plan
  return {
    tenant,
    run: instance.runId,
    expected: expectedVersion,
    version: instance.version,
    state: instance.currentState,
    status: instance.status,
    tags: instance.tags,
    created: instance.createdAt,
    updated: instance.updatedAt,
    loop_id: instance.loopId,
    aggregate_id: instance.aggregateId,
    instance: JSON.stringify(instance), // as text: PostgreSQL would look into JSON, and refuse an escaped U+0000
    scopes: plan.scopes,
    ...idempotency,
    ...(settle && { settle_id: settle.id, settle_fence: settle.fence }),
    ...(fence && { fence_id: fence.id, fence_fence: fence.fence }),
    ...(spend && { spend: spend.receipt, spent_by: spend.by }),
    cancel: some(plan.cancel),
    erase: some(plan.erase),
    reservations: some(plan.reservations),
    approvals: some(plan.approvals?.map(encodeApproval)),
    clear_stops: some(plan.stops?.clear),
    set_stops: some(plan.stops?.set),
  }
}

function encodeItem({ aggregateId, runId, dueAt, ...item }: OutboxItem): object {
  return { ...item, aggregate: aggregateId, run: runId, due: dueAt }
}

function encodeApproval(request: ApprovalRequest): object {
  const { id, runId, aggregateId, loopId, status, createdAt } = request
  return {
    id,
    run: runId,
    aggregate: aggregateId,
    loop: loopId,
    status,
    created: createdAt,
    body: JSON.stringify(request),
  }
}

/** An empty list is left out, so that the server does not look at it. */
function some<Item>(list: readonly Item[] | undefined): readonly Item[] | undefined {
  return list?.length === 0 ? undefined : list
}
