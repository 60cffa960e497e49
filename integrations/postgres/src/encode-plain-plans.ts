import type { CommitPlan, OutboxItem } from '@loop-engine/core'

import { bigintArray, textArray } from './binary-array.ts'
import { plainNumbers, plainTexts, type PlainNumber, type PlainText } from './functions-plain-v3.ts'

type Read<Value> = (plan: CommitPlan) => Value | null | undefined

const texts: Readonly<Record<PlainText, Read<string>>> = {
  tenant: ({ tenant }) => tenant,
  run: ({ instance }) => instance.runId,
  aggregate: ({ instance }) => instance.aggregateId,
  state: ({ instance }) => instance.currentState,
  status: ({ instance }) => instance.status,
  tags: ({ instance }) => arrayLiteral(instance.tags),
  instance: ({ instance }) => JSON.stringify(instance),
  type: ({ entries }) => entries[0]?.type,
  transition: ({ entries }) => entries[0]?.transitionId,
  hash: ({ entries }) => entries[0]?.hash,
  body: ({ entries }) => entries[0]?.body,
  evidence: ({ entries }) => entries[0]?.evidence,
  salt: ({ entries }) => entries[0]?.salt,
  item: ({ outbox }) => outbox?.[0]?.id,
  lane: ({ outbox }) => outbox?.[0]?.lane,
  kind: ({ outbox }) => outbox?.[0]?.kind,
  name: ({ outbox }) => outbox?.[0]?.name,
  payload: ({ outbox }) => outbox?.[0]?.payload,
  principal: ({ idempotency }) => idempotency?.principal,
  key: ({ idempotency }) => idempotency?.key,
  fingerprint: ({ idempotency }) => idempotency?.fingerprint,
  answer: ({ idempotency }) => idempotency?.answer,
}

const numbers: Readonly<Record<PlainNumber, Read<number>>> = {
  expected: ({ expectedVersion }) => expectedVersion,
  version: ({ instance }) => instance.version,
  updated: ({ instance }) => instance.updatedAt,
  at: ({ entries }) => entries[0]?.at,
  itemSeq: ({ outbox }) => outbox?.[0]?.seq,
  due: ({ outbox }) => outbox?.[0]?.dueAt,
  keyAt: ({ idempotency }) => idempotency?.at,
}

const readTexts = plainTexts.map((name) => texts[name])
const readNumbers = plainNumbers.map((name) => numbers[name])

/** How many values one plan has. */
export const plainValues = readTexts.length + readNumbers.length

/** Whether a plan is no more than an entry of a known run and an item in its outbox: nearly all are. */
export function isPlain(plan: CommitPlan): boolean {
  const { expectedVersion, entries, outbox = [], approvals, cancel, reservations, erase } = plan
  if (expectedVersion === 0 || entries.length !== 1 || outbox.length > 1) return false
  if (plan.settle || plan.fence || plan.spend || plan.stops) return false
  if (approvals?.length || cancel?.length || reservations?.length || erase?.length) return false
  return outbox.every((item) => belongs(item, plan))
}

/** A value each, for `commit_one_v3`. */
export function encodePlainPlan(plan: CommitPlan): unknown[] {
  return [...readTexts.map((read) => read(plan)), ...readNumbers.map((read) => read(plan))]
}

/** All texts and all numbers, one plan after the other, for `commit_plain_v3`. */
export function encodePlainPlans(plans: readonly CommitPlan[]): [texts: Buffer, numbers: Buffer] {
  return [
    textArray(plans.flatMap((plan) => readTexts.map((read) => read(plan)))),
    bigintArray(plans.flatMap((plan) => readNumbers.map((read) => read(plan)))),
  ]
}

function belongs(item: OutboxItem, { tenant, instance }: CommitPlan): boolean {
  return (
    item.tenant === tenant &&
    item.runId === instance.runId &&
    item.aggregateId === instance.aggregateId
  )
}

/** As PostgreSQL writes an array of texts: an array of arrays would need them all to be of one length. */
function arrayLiteral(texts: readonly string[]): string {
  return `{${texts.map((each) => `"${each.replace(/["\\]/g, '\\$&')}"`).join()}}`
}
