import type { CommitPlan, OutboxItem } from '@loop-engine/core'

import { bigintArray, textArray } from './binary-array.ts'

interface Column {
  read(plan: CommitPlan): string | number | null | undefined
  array(plans: readonly CommitPlan[]): Buffer
}

/** What a plain plan consists of, in the order of the parameters of `commit_one_v1` and `commit_plain_v1`. */
const columns: readonly Column[] = [
  text(({ tenant }) => tenant),
  text(({ instance }) => instance.runId),
  text(({ instance }) => instance.aggregateId),
  bigint(({ expectedVersion }) => expectedVersion),
  bigint(({ instance }) => instance.version),
  text(({ instance }) => instance.currentState),
  text(({ instance }) => instance.status),
  text(({ instance }) => arrayLiteral(instance.tags)),
  bigint(({ instance }) => instance.updatedAt),
  text(({ instance }) => JSON.stringify(instance)),
  text(({ entries }) => entries[0]?.type),
  text(({ entries }) => entries[0]?.transitionId),
  bigint(({ entries }) => entries[0]?.at),
  text(({ entries }) => entries[0]?.hash),
  text(({ entries }) => entries[0]?.body),
  text(({ entries }) => entries[0]?.evidence),
  text(({ entries }) => entries[0]?.salt),
  text(({ outbox }) => outbox?.[0]?.id),
  text(({ outbox }) => outbox?.[0]?.lane),
  text(({ outbox }) => outbox?.[0]?.kind),
  text(({ outbox }) => outbox?.[0]?.name),
  bigint(({ outbox }) => outbox?.[0]?.seq),
  text(({ outbox }) => outbox?.[0]?.payload),
  bigint(({ outbox }) => outbox?.[0]?.dueAt),
  text(({ idempotency }) => idempotency?.principal),
  text(({ idempotency }) => idempotency?.key),
  text(({ idempotency }) => idempotency?.fingerprint),
  text(({ idempotency }) => idempotency?.answer),
  bigint(({ idempotency }) => idempotency?.at),
]

/** One for each column, and one that is the same for all plans. */
export const plainParameters = columns.length + 1

/** Whether a plan is no more than an entry of a known run and an item in its outbox: nearly all are. */
export function isPlain(plan: CommitPlan): boolean {
  const { expectedVersion, entries, outbox = [], approvals, cancel, reservations, erase } = plan
  if (expectedVersion === 0 || entries.length !== 1 || outbox.length > 1) return false
  if (plan.settle || plan.fence || plan.spend || plan.stops) return false
  if (approvals?.length || cancel?.length || reservations?.length || erase?.length) return false
  return outbox.every((item) => belongs(item, plan))
}

/** A value each for one plan, an array each for many. */
export function encodePlainPlans(plans: readonly CommitPlan[]): readonly unknown[] {
  const [plan] = plans
  return plan !== undefined && plans.length === 1
    ? columns.map((column) => column.read(plan))
    : columns.map((column) => column.array(plans))
}

function belongs(item: OutboxItem, { tenant, instance }: CommitPlan): boolean {
  return (
    item.tenant === tenant &&
    item.runId === instance.runId &&
    item.aggregateId === instance.aggregateId
  )
}

function text(read: (plan: CommitPlan) => string | null | undefined): Column {
  return { read, array: (plans) => textArray(plans.map(read)) }
}

function bigint(read: (plan: CommitPlan) => number | undefined): Column {
  return { read, array: (plans) => bigintArray(plans.map(read)) }
}

/** As PostgreSQL writes an array of texts: an array of arrays would need them all to be of one length. */
function arrayLiteral(texts: readonly string[]): string {
  return `{${texts.map((each) => `"${each.replace(/["\\]/g, '\\$&')}"`).join()}}`
}
