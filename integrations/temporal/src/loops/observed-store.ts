import type { LoopStore, OutboxItem } from '@loop-engine/core'

import type { LoopKey, LoopNews } from '../loop-commands.ts'

type OrderTimes = Pick<LoopNews, 'dueAt' | 'timersAt'>

/** Remembers when each instance has something to deliver, from the commits and retries of this process. */
export interface Orders {
  /** The times that were noted for this instance since it was last taken. */
  take(key: LoopKey): OrderTimes
  /** The times of all instances that nobody took. */
  takeAll(): readonly (LoopKey & OrderTimes)[]
}

interface Known extends LoopKey {
  readonly dueAt: Set<number>
  readonly timersAt: Set<number>
}

/** Beyond this, all are forgotten; the sweeper finds them. */
const maxInstances = 10_000

/** The same store, with a note of when outbox items are due. Calls and results stay unchanged. */
export function observeStore(store: LoopStore): {
  readonly store: LoopStore
  readonly orders: Orders
} {
  const known = new Map<string, Known>()
  const claimed = new Map<string, OutboxItem>()

  function note({ tenant, aggregateId, kind }: OutboxItem, at: number): void {
    if (known.size >= maxInstances) known.clear()
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
        if (claimed.size >= maxInstances) claimed.clear()
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
