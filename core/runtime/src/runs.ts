import { isOpen, LoopError, type LoopInstance, type LoopStore } from '@loop-engine/core'
import QuickLRU from 'quick-lru'

interface RememberedRun {
  readonly instance: LoopInstance
  /** Its place among all that were remembered, in order. */
  readonly number: number
}

/** The runs in memory, and the order in which this process works on them. */
export interface Runs {
  /** A point in time, for `known`. */
  mark(): number
  /** The newest run of a business key, if it was remembered before that time; others may have moved it since. */
  known(tenant: string, aggregateId: string, mark: number): LoopInstance | undefined
  /** The newest run of a business key: at once when it is known, unless it is to be read `fresh` from the store. */
  load(tenant: string, aggregateId: string, fresh?: boolean): LoopInstance | Promise<LoopInstance>
  /** Remembers an open run. A closed one is forgotten, because the next run of its key may begin in any process. */
  keep(instance: LoopInstance): void
  forget(tenant: string, aggregateId: string): void
  /** Runs `work` after all earlier work on the same key in this process: callers queue instead of conflicting. */
  exclusive<T>(tenant: string, aggregateId: string, work: () => Promise<T>): Promise<T>
  /** `exclusive` without a closure, for the hot path: waits for its turn if it returns a promise; `leave` must follow. */
  enter(tenant: string, aggregateId: string): Promise<void> | undefined
  leave(tenant: string, aggregateId: string): void
}

export function createRuns(store: LoopStore, cachedInstances: number): Runs {
  // This cache may hold up to twice its size.
  const cache = new QuickLRU<string, RememberedRun>({ maxSize: Math.ceil(cachedInstances / 2) })
  let remembered = 0
  // Those who wait for a key, in order; a key has a line while somebody works on it.
  const lines = new Map<string, (() => void)[]>()
  const keyOf = (tenant: string, aggregateId: string): string =>
    tenant === 'default' ? aggregateId : `${tenant}\n${aggregateId}`

  /** Checks what was found, because the key of one tenant may be spelled like tenant and key of another. */
  const recall = (tenant: string, aggregateId: string): RememberedRun | undefined => {
    const run = cache.get(keyOf(tenant, aggregateId))
    return run?.instance.aggregateId === aggregateId ? run : undefined
  }
  const keep = (instance: LoopInstance): void => {
    const key = keyOf(instance.tenant, instance.aggregateId)
    if (!isOpen(instance.status)) return void cache.delete(key)
    remembered += 1
    cache.set(key, { instance, number: remembered })
  }

  return {
    mark: () => remembered,
    known(tenant, aggregateId, mark) {
      const run = recall(tenant, aggregateId)
      return run && run.number <= mark ? run.instance : undefined
    },
    load(tenant, aggregateId, fresh = false) {
      const run = fresh ? undefined : recall(tenant, aggregateId)
      return run?.instance ?? read(tenant, aggregateId)
    },
    keep,
    forget(tenant, aggregateId) {
      cache.delete(keyOf(tenant, aggregateId))
    },
    async exclusive(tenant, aggregateId, work) {
      const turn = enter(tenant, aggregateId)
      if (turn) await turn
      try {
        return await work()
      } finally {
        leave(tenant, aggregateId)
      }
    },
    enter,
    leave,
  }

  function enter(tenant: string, aggregateId: string): Promise<void> | undefined {
    const key = keyOf(tenant, aggregateId)
    const line = lines.get(key)
    if (line !== undefined) return new Promise((resolve) => line.push(resolve))
    lines.set(key, [])
    return undefined
  }

  function leave(tenant: string, aggregateId: string): void {
    const key = keyOf(tenant, aggregateId)
    const next = lines.get(key)?.shift()
    if (next) next()
    else lines.delete(key)
  }

  async function read(tenant: string, aggregateId: string): Promise<LoopInstance> {
    const instance = await store.get(tenant, aggregateId)
    if (instance === null) {
      cache.delete(keyOf(tenant, aggregateId))
      throw new LoopError('not_found', 'No run has this business key.', {
        details: { tenant, aggregateId },
        hint: 'Start one with engine.start().',
      })
    }
    keep(instance)
    return instance
  }
}
