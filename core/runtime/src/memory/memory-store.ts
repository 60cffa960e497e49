import {
  type ApprovalRequest,
  type CommitPlan,
  type CommitResult,
  comparePositions,
  cutPage,
  type DeadLetter,
  type Durability,
  LoopError,
  type LoopInstance,
  type LoopStore,
  type Position,
  readCursor,
  readLimit,
  type Stop,
  type StoredEntry,
} from '@loop-engine/core'

import {
  apply,
  checkSequence,
  emptyTenant,
  judge,
  keepMessage,
  runPosition,
  type Tenant,
} from './memory-commit.ts'
import { createMemoryOutbox, pair } from './memory-outbox.ts'

export interface MemoryStoreOptions {
  /** What the store says of itself: a simulation may stand in for a durable store. */
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
    async find({ tenant, limit, cursor, ...wanted }) {
      const { runs, keys } = of(tenant)
      const after = readCursor('run', cursor)
      const among =
        wanted.aggregateId === undefined ? runs.values() : (keys.get(wanted.aggregateId) ?? [])
      const found: LoopInstance[] = []
      for (const { instance } of among) {
        if (after !== null && comparePositions(runPosition(instance), after) <= 0) continue
        if (wanted.loopId !== undefined && wanted.loopId !== instance.loopId) continue
        if (wanted.state !== undefined && wanted.state !== instance.currentState) continue
        if (wanted.status !== undefined && wanted.status !== instance.status) continue
        if (wanted.tag !== undefined && !instance.tags.includes(wanted.tag)) continue
        if (instance.updatedAt < (wanted.updatedFrom ?? -Infinity)) continue
        if (instance.updatedAt >= (wanted.updatedUntil ?? Infinity)) continue
        found.push(instance)
      }
      found.sort((one, other) => comparePositions(runPosition(one), runPosition(other)))
      return cutPage('run', found, readLimit(limit), runPosition)
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
    async approvals({ tenant, limit, cursor, status, runId, aggregateId, loopId }) {
      const before = readCursor('approval', cursor)
      const { approvals, runApprovals } = of(tenant)
      const among = runId === undefined ? approvals : (runApprovals.get(runId) ?? new Map())
      const found = [...among.values()].filter(
        (request: ApprovalRequest) =>
          (before === null || comparePositions(approvalPosition(request), before) < 0) &&
          (status === undefined || status === request.status) &&
          (aggregateId === undefined || aggregateId === request.aggregateId) &&
          (loopId === undefined || loopId === request.loopId),
      )
      found.sort((one, other) => comparePositions(approvalPosition(other), approvalPosition(one)))
      return cutPage('approval', found, readLimit(limit), approvalPosition)
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
    async deadLetters({ tenant, limit, cursor }) {
      live()
      const after = readCursor('dead', cursor)
      const found = outbox
        .deadLetters(tenant)
        .filter((letter) => after === null || comparePositions(deadPosition(letter), after) > 0)
        .toSorted((one, other) => comparePositions(deadPosition(one), deadPosition(other)))
      return cutPage('dead', found, readLimit(limit), deadPosition)
    },
    async revive(tenant, id, dueAt) {
      live()
      return outbox.revive(tenant, id, dueAt)
    },

    async logHead(tenant) {
      return of(tenant).head
    },
    async unlogged(tenant, limit) {
      return of(tenant).unlogged.slice(0, limit)
    },
    async appendLog(tenant, { expectedSize, leaves, head }) {
      const log = of(tenant)
      if (log.head.size !== expectedSize) return false
      log.leaves.push(...leaves)
      const logged = new Set(leaves.map(({ runId, seq }) => log.runs.get(runId)?.entries[seq - 1]))
      log.unlogged = withoutLogged(log.unlogged, logged)
      log.head = head
      return true
    },
    async signLog(tenant, { size, root }, note) {
      const log = of(tenant)
      if (log.head.size !== size || log.head.root !== root) return false
      log.head = { ...log.head, note }
      return true
    },
    async leaves(tenant, { from, limit }) {
      return of(tenant).leaves.slice(Math.max(0, from), Math.max(0, from) + limit)
    },

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

/** What was handed out is logged in the same order, as a rule: then nothing but the front has to be looked at. */
function withoutLogged(
  entries: StoredEntry[],
  logged: ReadonlySet<StoredEntry | undefined>,
): StoredEntry[] {
  const kept = entries.findIndex((entry) => !logged.has(entry))
  if (kept === -1) return []
  if (kept === logged.size) return entries.slice(kept)
  return entries.filter((entry) => !logged.has(entry))
}

function removeWhere<Value>(map: Map<string, Value>, isOver: (value: Value) => boolean): number {
  const before = map.size
  for (const [key, value] of map) if (isOver(value)) map.delete(key)
  return before - map.size
}

function approvalPosition({ createdAt, id }: ApprovalRequest): Position {
  return { at: createdAt, id }
}

function deadPosition({ diedAt, id }: DeadLetter): Position {
  return { at: diedAt, id }
}
