import type { LoopStore, OutboxItem } from '@loop-engine/core'

import type { LoopKey, LoopNews } from '../loop-commands.ts'

type OrderTimes = Pick<LoopNews, 'dueAt' | 'timersAt'>

/** Remembers when each instance has something to deliver, from what passed through the store in this process. */
export interface Orders {
  /** The times since it was last asked about this instance. */
  take(key: LoopKey): OrderTimes
  /** Everything that nobody took. */
  takeAll(): readonly (LoopKey & OrderTimes)[]
}

interface Known extends LoopKey {
  readonly dueAt: Set<number>
  readonly timersAt: Set<number>
}

/** What is forgotten beyond this, the sweeper finds. */
const mostInstances = 10_000

/** The same store, whose orders are heard. Nothing is changed, added or held back. */
export function observeStore(store: LoopStore): {
  readonly store: LoopStore
  readonly orders: Orders
} {
  const known = new Map<string, Known>()
  const claimed = new Map<string, OutboxItem>()

  function note({ tenant, aggregateId, kind }: OutboxItem, at: number): void {
    if (known.size >= mostInstances) known.clear()
    const key = keyOf({ tenant, aggregateId })
    const times = known.get(key) ?? {
      tenant,
      aggregateId,
      dueAt: new Set(),
      timersAt: new Set(),
    }
    times[kind === 'timer' ? 'timersAt' : 'dueAt'].add(at)
    known.set(key, times)
  }

  function take(key: LoopKey): OrderTimes {
    const times = known.get(keyOf(key))
    known.delete(keyOf(key))
    return { dueAt: [...(times?.dueAt ?? [])], timersAt: [...(times?.timersAt ?? [])] }
  }

  return {
    store: {
      ...store,
      async commit(plans) {
        const results = await store.commit(plans)
        for (const [index, result] of results.entries()) {
          const plan = plans[index]
          if (result.kind !== 'committed' || !plan) continue
          for (const item of plan.outbox ?? []) note(item, item.dueAt)
          if (plan.settle) claimed.delete(claimOf(plan.settle))
        }
        return results
      },
      async claim(query) {
        const claims = await store.claim(query)
        if (claimed.size >= mostInstances) claimed.clear()
        for (const claim of claims) claimed.set(claimOf(claim), claim)
        return claims
      },
      async settle(settlements) {
        const held = await store.settle(settlements)
        for (const settlement of settlements) {
          const item = claimed.get(claimOf(settlement))
          claimed.delete(claimOf(settlement))
          if (item && settlement.outcome.kind === 'retry') note(item, settlement.outcome.dueAt)
        }
        return held
      },
    },
    orders: {
      take,
      takeAll: () =>
        [...known.values()].map(({ tenant, aggregateId }) => {
          const key = { tenant, aggregateId }
          return { ...key, ...take(key) }
        }),
    },
  }
}

function keyOf({ tenant, aggregateId }: LoopKey): string {
  return `${tenant}\n${aggregateId}`
}

function claimOf({ id, fence }: { readonly id: string; readonly fence: number }): string {
  return `${id}\n${fence}`
}
