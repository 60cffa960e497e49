import type { ApprovalRequest, CommitPlan, OutboxItem, StoredEntry } from '@loop-engine/core'

/** The parameters of `commit_v1` for these plans. Keys are the columns of `plan_v1` and of its record sets. */
export function encodePlans(
  plans: readonly CommitPlan[],
): [string, string, string | null, boolean] {
  const entries = plans.flatMap((plan, place) =>
    plan.entries.map((entry) => ({ plan: place, ...encodeEntry(entry, plan) })),
  )
  const outbox = plans.flatMap(({ outbox: items = [] }, place) =>
    items.map((item) => ({ plan: place, ...encodeItem(item) })),
  )
  return [
    JSON.stringify(plans.map(encodePlan)),
    JSON.stringify(entries),
    outbox.length === 0 ? null : JSON.stringify(outbox),
    plans.some(({ stops }) => stops !== undefined),
  ]
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

function encodeEntry(
  { runId, transitionId, evidence, salt, ...entry }: StoredEntry,
  { tenant, erase = [] }: CommitPlan,
): object {
  const kept = evidence === null || erase.includes(entry.seq) ? {} : { evidence, salt }
  return { tenant, run: runId, transition: transitionId, ...entry, ...kept }
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
