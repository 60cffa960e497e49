import type { ClaimQuery, DeadLetter, OutboxClaim, OutboxItem, Settlement } from '@loop-engine/core'

import { createLaneTurns, follows, type Lane, type Waiting } from './lane-turns.ts'
import { pair } from './pair.ts'

type Lease = { readonly id: string; readonly fence: number }

/** The outbox of a memory store: lanes in order, and a heap of lanes by the time they are ready. */
export interface MemoryOutbox {
  add(item: OutboxItem): void
  cancel(tenant: string, id: string): void
  holds(tenant: string, lease: Lease): boolean
  finish(tenant: string, id: string): void
  get(tenant: string, id: string): OutboxItem | null
  claim(query: ClaimQuery): OutboxClaim[]
  settle(settlement: Settlement): boolean
  extend(lease: Lease, until: number): boolean
  nextDueAt(): number | null
  deadLetters(tenant: string): DeadLetter[]
  revive(tenant: string, id: string, dueAt: number): boolean
}

export function createMemoryOutbox(): MemoryOutbox {
  /** By tenant and id. */
  const items = new Map<string, Waiting>()
  /** By fence. */
  const leases = new Map<number, Waiting>()
  const lanes = new Map<string, Lane>()
  const turns = createLaneTurns(lanes)
  let fences = 0

  const laneOf = ({ tenant, lane }: OutboxItem): Lane => {
    const key = pair(tenant, lane)
    const known = lanes.get(key)
    if (known !== undefined) return known
    const created = { key, line: [], holder: null, leasedUntil: 0 }
    lanes.set(key, created)
    return created
  }
  const enter = (waiting: Waiting): void => {
    const { line } = waiting.lane
    let place = line.length
    while (place > 0 && follows(line[place - 1], waiting)) place -= 1
    line.splice(place, 0, waiting)
    if (place === 0) turns.add(waiting.lane)
  }
  const release = (lane: Lane): void => {
    if (lane.holder === null) return
    leases.delete(lane.holder.fence)
    lane.holder = null
    lane.leasedUntil = 0
  }
  const leave = (waiting: Waiting): void => {
    const { lane } = waiting
    const place = lane.line.indexOf(waiting)
    if (place < 0) return
    lane.line.splice(place, 1)
    if (lane.holder === waiting) release(lane)
    if (lane.line.length === 0) lanes.delete(lane.key)
    else turns.add(lane)
  }
  const remove = (waiting: Waiting): void => {
    items.delete(itemKey(waiting.item))
    leave(waiting)
  }
  const held = ({ id, fence }: Lease): Waiting | null => {
    const waiting = leases.get(fence)
    return waiting?.item.id === id ? waiting : null
  }
  const lease = (head: Waiting, leasedUntil: number): OutboxClaim => {
    release(head.lane)
    fences += 1
    leases.set(fences, head)
    head.attempt += 1
    head.fence = fences
    head.lane.holder = head
    head.lane.leasedUntil = leasedUntil
    turns.add(head.lane)
    return { ...head.item, attempt: head.attempt, fence: head.fence, leasedUntil }
  }

  return {
    add(item) {
      if (items.has(itemKey(item))) return
      const waiting = { item, lane: laneOf(item), attempt: 0, fence: 0, death: null }
      items.set(itemKey(item), waiting)
      enter(waiting)
    },
    cancel(tenant, id) {
      const waiting = items.get(pair(tenant, id))
      if (waiting === undefined || waiting.death !== null) return
      if (waiting.lane.holder !== waiting) remove(waiting)
    },
    holds: (tenant, claimed) => held(claimed)?.item.tenant === tenant,
    finish(tenant, id) {
      const waiting = items.get(pair(tenant, id))
      if (waiting !== undefined) remove(waiting)
    },
    get: (tenant, id) => items.get(pair(tenant, id))?.item ?? null,
    claim({ now, leaseMs, limit, kinds, instance }) {
      const claims: OutboxClaim[] = []
      const passed: Lane[] = []
      while (claims.length < limit) {
        const head = turns.take(now)
        if (head === null) break
        if ((kinds?.includes(head.item.kind) ?? true) && isOf(head.item, instance)) {
          claims.push(lease(head, now + leaseMs))
        } else passed.push(head.lane)
      }
      for (const lane of passed) turns.add(lane)
      return claims
    },
    settle({ id, fence, outcome }) {
      const waiting = held({ id, fence })
      if (waiting === null) return false
      if (outcome.kind === 'done') remove(waiting)
      if (outcome.kind === 'retry') {
        waiting.item = { ...waiting.item, dueAt: outcome.dueAt }
        release(waiting.lane)
        turns.add(waiting.lane)
      }
      if (outcome.kind === 'dead') {
        waiting.death = outcome
        leave(waiting)
      }
      return true
    },
    extend(claimed, until) {
      const waiting = held(claimed)
      if (waiting === null) return false
      const { lane } = waiting
      lane.leasedUntil = Math.max(lane.leasedUntil, until)
      turns.add(lane)
      return true
    },
    nextDueAt: () => turns.next(),
    deadLetters(tenant) {
      const letters: DeadLetter[] = []
      for (const { item, attempt, death } of items.values()) {
        if (death === null || item.tenant !== tenant) continue
        letters.push({ ...item, attempt, error: death.error, diedAt: death.at })
      }
      return letters
    },
    revive(tenant, id, dueAt) {
      const waiting = items.get(pair(tenant, id))
      if (waiting === undefined || waiting.death === null) return false
      waiting.item = { ...waiting.item, dueAt }
      waiting.lane = laneOf(waiting.item)
      waiting.attempt = 0
      waiting.death = null
      enter(waiting)
      return true
    },
  }
}

function isOf({ tenant, aggregateId }: OutboxItem, instance: ClaimQuery['instance']): boolean {
  return (
    instance === undefined || (tenant === instance.tenant && aggregateId === instance.aggregateId)
  )
}

function itemKey({ tenant, id }: OutboxItem): string {
  return pair(tenant, id)
}
