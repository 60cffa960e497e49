import {
  type CommitPlan,
  type CommitResult,
  type Durability,
  checkSequence,
  LoopError,
  type LoopStore,
  type Stop,
  type StoredEntry,
} from '@loop-engine/core'

import { apply, judge, keepMessage } from './memory-commit.ts'
import { findApprovals, findRuns, listDeadLetters } from './memory-lists.ts'
import { createMemoryLog } from './memory-log.ts'
import { createMemoryOutbox } from './memory-outbox.ts'
import { emptyTenant, type Tenant } from './memory-tenant.ts'
import { pair } from './pair.ts'

export interface MemoryStoreOptions {
  /** What the store declares, for a simulation that stands in for a durable store. */
  readonly durability?: Durability
}

/** A store that lives and dies with the process: for tests, simulations and trying things out. */
export function createMemoryStore({ durability = 'memory' }: MemoryStoreOptions = {}): LoopStore {
  const tenants = new Map<string, Tenant>()
  const stops = new Map<string, Stop>()
  const definitions = new Map<string, string>()
  const outbox = createMemoryOutbox()
  let closed = false

  const live = (): void => {
    if (closed) throw new LoopError('closed', 'The memory store was closed.')
  }
  const of = (name: string): Tenant => {
    live()
    const known = tenants.get(name)
    if (known !== undefined) return known
    const created = emptyTenant()
    tenants.set(name, created)
    return created
  }
  const commitOne = (plan: CommitPlan): CommitResult => {
    const tenant = of(plan.tenant)
    const refusal = judge(plan, tenant, outbox, stops)
    if (refusal === null) apply(plan, tenant, outbox, stops)
    return refusal ?? { kind: 'committed' }
  }

  return {
    contract: 'store/v1',
    name: 'memory',
    durability,

    async open() {
      live()
    },
    async commit(plans) {
      live()
      for (const plan of plans) checkSequence(plan)
      return plans.map(commitOne)
    },

    async get(tenant, aggregateId) {
      const { open, keys } = of(tenant)
      const run = open.get(aggregateId) ?? keys.get(aggregateId)?.at(-1)
      return run?.instance ?? null
    },
    async getRun(tenant, runId) {
      return of(tenant).runs.get(runId)?.instance ?? null
    },
    async find({ tenant, ...query }) {
      return findRuns(of(tenant), query)
    },
    async entries(tenant, runId, { from = 1, to = Infinity, limit = 1000 } = {}) {
      const first = Math.max(from, 1)
      const entries = of(tenant).runs.get(runId)?.entries ?? []
      return entries.slice(first - 1, Math.max(first - 1, Math.min(to, first - 1 + limit)))
    },
    async lastExecuted(tenant, runId, transitionId) {
      const entries = of(tenant).runs.get(runId)?.entries ?? []
      const isWanted = (entry: StoredEntry): boolean =>
        entry.transitionId === transitionId && entry.type === 'loop.transition.executed'
      return entries.findLast(isWanted) ?? null
    },

    async approval(tenant, id) {
      return of(tenant).approvals.get(id) ?? null
    },
    async approvals({ tenant, ...query }) {
      return findApprovals(of(tenant), query)
    },
    async keepMessage(posted) {
      live()
      if (!outbox.holds(posted.tenant, posted.lease)) return false
      keepMessage(posted, of(posted.tenant))
      return true
    },
    async idempotency(tenant, principal, key) {
      return of(tenant).idempotency.get(pair(principal, key)) ?? null
    },
    async counter(tenant, key, bucket) {
      return of(tenant).counters.get(pair(bucket, key))?.value ?? 0
    },
    async spentBy(tenant, receipt) {
      return of(tenant).spent.get(receipt) ?? null
    },
    async stops() {
      live()
      return [...stops.values()]
    },

    async putDefinition(digest, text) {
      live()
      if (!definitions.has(digest)) definitions.set(digest, text)
    },
    async definition(digest) {
      live()
      return definitions.get(digest) ?? null
    },

    async delivery(tenant, id) {
      live()
      return outbox.get(tenant, id)
    },
    async claim(query) {
      live()
      return outbox.claim(query)
    },
    async settle(settlements) {
      live()
      return settlements.map((settlement) => outbox.settle(settlement))
    },
    async extend(leases, until) {
      live()
      return leases.map((lease) => outbox.extend(lease, until))
    },
    async nextDueAt() {
      live()
      return outbox.nextDueAt()
    },
    async deadLetters({ tenant, ...query }) {
      live()
      return listDeadLetters(outbox.deadLetters(tenant), query)
    },
    async revive(tenant, id, dueAt) {
      live()
      return outbox.revive(tenant, id, dueAt)
    },

    ...createMemoryLog(of),

    async prune(before) {
      live()
      let pruned = 0
      for (const { idempotency, counters } of tenants.values()) {
        pruned += removeWhere(idempotency, ({ at }) => at < before)
        pruned += removeWhere(counters, ({ expiresAt }) => expiresAt < before)
      }
      return pruned
    },
    async close() {
      closed = true
    },
  }
}

function removeWhere<Value>(map: Map<string, Value>, isOver: (value: Value) => boolean): number {
  const before = map.size
  for (const [key, value] of map) if (isOver(value)) map.delete(key)
  return before - map.size
}
