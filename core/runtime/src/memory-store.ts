import {
  isOpen,
  LoopError,
  sha256Hex,
  type ApprovalRequest,
  type CommitPlan,
  type CommitResult,
  type Durability,
  type IdempotencyRecord,
  type LogHead,
  type LogLeaf,
  type LoopInstance,
  type LoopStore,
  type Stop,
  type StoredEntry,
} from '@loop-engine/core'

import { createMemoryOutbox, type MemoryOutbox } from './memory-outbox.ts'
import { cutPage, readCursor, readLimit, type Position } from './page-cursor.ts'

export interface MemoryStoreOptions {
  /** What the store says of itself: a simulation may stand in for a durable store. */
  readonly durability?: Durability
}

interface Run {
  instance: LoopInstance
  readonly entries: StoredEntry[]
}

interface Counter {
  readonly value: number
  readonly expiresAt: number
}

/** Everything of one tenant. */
interface Tenant {
  readonly runs: Map<string, Run>
  /** Runs by business key, oldest first. */
  readonly keys: Map<string, Run[]>
  readonly open: Map<string, Run>
  readonly hashes: Map<string, StoredEntry>
  readonly approvals: Map<string, ApprovalRequest>
  readonly idempotency: Map<string, IdempotencyRecord>
  readonly counters: Map<string, Counter>
  readonly spent: Map<string, string>
  readonly unlogged: Map<string, StoredEntry>
  readonly leaves: LogLeaf[]
  head: LogHead
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
      const among = wanted.aggregateId === undefined ? runs.values() : (keys.get(wanted.aggregateId) ?? [])
      const found: LoopInstance[] = []
      for (const { instance } of among) {
        if (after !== null && compare(runPosition(instance), after) <= 0) continue
        if (wanted.loopId !== undefined && wanted.loopId !== instance.loopId) continue
        if (wanted.state !== undefined && wanted.state !== instance.currentState) continue
        if (wanted.status !== undefined && wanted.status !== instance.status) continue
        if (wanted.tag !== undefined && !instance.tags.includes(wanted.tag)) continue
        if (instance.updatedAt < (wanted.updatedFrom ?? -Infinity)) continue
        if (instance.updatedAt >= (wanted.updatedUntil ?? Infinity)) continue
        found.push(instance)
      }
      found.sort((one, other) => compare(runPosition(one), runPosition(other)))
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
    async entryByHash(tenant, hash) {
      return of(tenant).hashes.get(hash) ?? null
    },

    async approval(tenant, id) {
      return of(tenant).approvals.get(id) ?? null
    },
    async approvals({ tenant, limit, cursor, status, runId, aggregateId, loopId }) {
      const before = readCursor('approval', cursor)
      const found = [...of(tenant).approvals.values()].filter(
        (request) =>
          (before === null || compare(approvalPosition(request), before) < 0) &&
          (status === undefined || status === request.status) &&
          (runId === undefined || runId === request.runId) &&
          (aggregateId === undefined || aggregateId === request.aggregateId) &&
          (loopId === undefined || loopId === request.loopId),
      )
      found.sort((one, other) => compare(approvalPosition(other), approvalPosition(one)))
      return cutPage('approval', found, readLimit(limit), approvalPosition)
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
      const position = ({ diedAt, id }: { diedAt: number; id: string }): Position => ({ at: diedAt, id })
      const found = outbox
        .deadLetters(tenant)
        .filter((letter) => after === null || compare(position(letter), after) > 0)
        .toSorted((one, other) => compare(position(one), position(other)))
      return cutPage('dead', found, readLimit(limit), position)
    },
    async revive(tenant, id, dueAt) {
      live()
      return outbox.revive(tenant, id, dueAt)
    },

    async logHead(tenant) {
      return of(tenant).head
    },
    async unlogged(tenant, limit) {
      return of(tenant).unlogged.values().take(Math.max(0, limit)).toArray()
    },
    async appendLog(tenant, { expectedSize, leaves, head }) {
      const log = of(tenant)
      if (log.head.size !== expectedSize) return false
      log.leaves.push(...leaves)
      for (const { runId, seq } of leaves) log.unlogged.delete(pair(seq, runId))
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

function emptyTenant(): Tenant {
  return {
    runs: new Map(),
    keys: new Map(),
    open: new Map(),
    hashes: new Map(),
    approvals: new Map(),
    idempotency: new Map(),
    counters: new Map(),
    spent: new Map(),
    unlogged: new Map(),
    leaves: [],
    head: { size: 0, root: sha256Hex(''), frontier: [], note: null },
  }
}

/** Why a plan may not happen, in the order that the contract gives; null when it may. */
function judge(
  plan: CommitPlan,
  tenant: Tenant,
  outbox: MemoryOutbox,
  stops: ReadonlyMap<string, Stop>,
): CommitResult | null {
  const { idempotency, settle, fence, instance, spend } = plan
  if (idempotency !== undefined) {
    const known = tenant.idempotency.get(pair(idempotency.principal, idempotency.key))
    if (known !== undefined && known.fingerprint !== idempotency.fingerprint) return { kind: 'key-mismatch' }
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

/** Makes the whole change. Nothing here may throw: there is no way back. */
function apply(plan: CommitPlan, tenant: Tenant, outbox: MemoryOutbox, stops: Map<string, Stop>): void {
  const run = moveRun(plan.instance, tenant)
  for (const entry of plan.entries) {
    run.entries.push(entry)
    tenant.hashes.set(entry.hash, entry)
    tenant.unlogged.set(pair(entry.seq, entry.runId), entry)
  }
  for (const seq of plan.erase ?? []) eraseEvidence(run, seq, tenant)
  for (const request of plan.approvals ?? []) tenant.approvals.set(request.id, request)
  if (plan.settle !== undefined) outbox.finish(plan.tenant, plan.settle.id)
  for (const id of plan.cancel ?? []) outbox.cancel(plan.tenant, id)
  for (const item of plan.outbox ?? []) outbox.add(item)
  if (plan.idempotency !== undefined) {
    const { principal, key } = plan.idempotency
    tenant.idempotency.set(pair(principal, key), plan.idempotency)
  }
  for (const { key, bucket, amount, expiresAt = Infinity } of plan.reservations ?? []) {
    const name = pair(bucket, key)
    tenant.counters.set(name, { value: (tenant.counters.get(name)?.value ?? 0) + amount, expiresAt })
  }
  if (plan.spend !== undefined) tenant.spent.set(plan.spend.receipt, plan.spend.by)
  for (const scope of plan.stops?.clear ?? []) stops.delete(scope)
  for (const stop of plan.stops?.set ?? []) stops.set(stop.scope, stop)
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
  runs.sort((one, other) => compare(runPosition(one.instance), runPosition(other.instance)))
}

function eraseEvidence({ entries }: Run, seq: number, { hashes, unlogged }: Tenant): void {
  const entry = entries[seq - 1]
  if (entry === undefined) return
  const erased = { ...entry, evidence: null, salt: null }
  entries[seq - 1] = erased
  hashes.set(erased.hash, erased)
  const name = pair(seq, erased.runId)
  if (unlogged.has(name)) unlogged.set(name, erased)
}

/** A plan whose entries do not continue the run is a mistake of the caller. */
function checkSequence({ instance, entries, expectedVersion }: CommitPlan): void {
  const isNext = entries.every(({ seq }, index) => seq === expectedVersion + index + 1)
  if (isNext && instance.version === expectedVersion + entries.length) return
  throw new LoopError('invalid_input', 'The entries of a plan do not continue its run.', {
    details: { runId: instance.runId, expectedVersion },
  })
}

function removeWhere<Value>(map: Map<string, Value>, isOver: (value: Value) => boolean): number {
  const before = map.size
  for (const [key, value] of map) if (isOver(value)) map.delete(key)
  return before - map.size
}

/** Unambiguous: no principal, number or bucket contains a line break. */
function pair(first: string | number, second: string): string {
  return `${first}\n${second}`
}

function runPosition({ createdAt, runId }: LoopInstance): Position {
  return { at: createdAt, id: runId }
}

function approvalPosition({ createdAt, id }: ApprovalRequest): Position {
  return { at: createdAt, id }
}

function compare(one: Position, other: Position): number {
  if (one.at !== other.at) return one.at - other.at
  if (one.id === other.id) return 0
  return one.id < other.id ? -1 : 1
}
