import type { CommitPlan, OutboxItem } from '@loop-engine/core'

import {
  plainNumbers,
  plainTexts,
  type PlainNumber,
  type PlainText,
} from '../migrations/functions-plain-v3.ts'
import { bigintArray, textArray } from './binary-array.ts'

type PlainValues = Readonly<Record<PlainText, string | null | undefined>> &
  Readonly<Record<PlainNumber, number | null | undefined>>

/** Whether a plan only adds one entry to a known run, and at most one item to the outbox. Nearly all plans do. */
export function isPlain(plan: CommitPlan): boolean {
  const { expectedVersion, entries, outbox = [], approvals, cancel, reservations, erase } = plan
  if (expectedVersion === 0 || entries.length !== 1 || outbox.length > 1) return false
  if (plan.settle || plan.fence || plan.spend || plan.stops) return false
  if (approvals?.length || cancel?.length || reservations?.length || erase?.length) return false
  return outbox.every((item) => belongs(item, plan))
}

/** All texts and all numbers, one plan after the other, for `commit_plain_v3`. */
export function encodePlainPlans(plans: readonly CommitPlan[]): [texts: Buffer, numbers: Buffer] {
  const all = plans.map(plainValues)
  return [
    textArray(all.flatMap((values) => plainTexts.map((name) => values[name]))),
    bigintArray(all.flatMap((values) => plainNumbers.map((name) => values[name]))),
  ]
}

export function plainValues({
  tenant,
  instance,
  expectedVersion,
  entries: [entry],
  outbox: [item] = [],
  idempotency,
}: CommitPlan): PlainValues {
  return {
    tenant,
    run: instance.runId,
    aggregate: instance.aggregateId,
    state: instance.currentState,
    status: instance.status,
    tags: arrayLiteral(instance.tags),
    instance: JSON.stringify(instance),
    type: entry?.type,
    transition: entry?.transitionId,
    hash: entry?.hash,
    body: entry?.body,
    evidence: entry?.evidence,
    salt: entry?.salt,
    item: item?.id,
    lane: item?.lane,
    kind: item?.kind,
    name: item?.name,
    payload: item?.payload,
    principal: idempotency?.principal,
    key: idempotency?.key,
    fingerprint: idempotency?.fingerprint,
    answer: idempotency?.answer,
    expected: expectedVersion,
    version: instance.version,
    updated: instance.updatedAt,
    at: entry?.at,
    itemSeq: item?.seq,
    due: item?.dueAt,
    keyAt: idempotency?.at,
  }
}

function belongs(item: OutboxItem, { tenant, instance }: CommitPlan): boolean {
  return (
    item.tenant === tenant &&
    item.runId === instance.runId &&
    item.aggregateId === instance.aggregateId
  )
}

/** An array of texts as a literal, because an array of arrays would need arrays of the same length. */
function arrayLiteral(texts: readonly string[]): string {
  return `{${texts.map((each) => `"${each.replace(/["\\]/g, '\\$&')}"`).join()}}`
}
