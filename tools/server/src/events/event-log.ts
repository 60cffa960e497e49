import type { Clock, LoopStore, StoredEntry } from '@loop-engine/core'
import { createLog } from '@loop-engine/observability'
import type { LoopSystem } from '@loop-engine/sdk'

export interface LoggedEntry {
  /** The place of the entry in the tenant's log. Places never change and have no gaps. */
  readonly index: number
  readonly stored: StoredEntry
}

/**
 * All entries of a tenant in one lasting order: that of the tenant's Merkle log. An entry gets its place there only after
 * it is committed, so that a reader who continues from a place does not miss an entry that commits late.
 */
export interface EventLog {
  /** Gives every committed entry its place, and returns how many there are. */
  size(tenant: string): Promise<number>
  read(tenant: string, from: number, limit: number): Promise<readonly LoggedEntry[]>
  /** Resolves when the log is longer than `size`, or when `signal` aborts. */
  wait(tenant: string, size: number, signal: AbortSignal): Promise<void>
  close(): Promise<void>
}

export interface EventLogOptions {
  readonly store: LoopStore
  readonly system: Pick<LoopSystem, 'events'>
  readonly clock: Clock
  readonly onError: (error: unknown) => void
}

/** How often commits of other processes are looked for while somebody waits. */
const pollMs = 1000
/** How long commits are gathered, to give them their places together. */
const gatherMs = 20

interface Tail {
  size: number
  waiters: number
  bell: AbortController
  grown: AbortController
  running: Promise<void> | null
  sequencing: Promise<number> | null
}

export function createEventLog({ store, system, clock, onError }: EventLogOptions): EventLog {
  const tails = new Map<string, Tail>()
  const closing = new AbortController()
  const stop = system.events.subscribe({}, ({ tenant }) => tails.get(tenant)?.bell.abort())
  // The store does not say for which tenant another process wrote, so all tenants that somebody waits for are looked at.
  const watching = watch()

  const tailOf = (tenant: string): Tail => {
    const known = tails.get(tenant)
    if (known) return known
    const [bell, grown] = [new AbortController(), new AbortController()]
    const tail: Tail = { size: 0, waiters: 0, bell, grown, running: null, sequencing: null }
    tails.set(tenant, tail)
    return tail
  }
  const sequence = (tenant: string, tail: Tail): Promise<number> => {
    tail.sequencing ??= createLog({ store, tenant, clock })
      .checkpoint()
      .then(({ size }) => {
        if (size > tail.size) {
          tail.size = size
          tail.grown.abort()
          tail.grown = new AbortController()
        }
        return size
      })
      .finally(() => {
        tail.sequencing = null
      })
    return tail.sequencing
  }

  async function watch(): Promise<(() => Promise<void>) | undefined> {
    try {
      return await store.watch?.(() => {
        for (const { bell } of tails.values()) bell.abort()
      })
    } catch (error) {
      onError(error)
      return undefined
    }
  }

  /**
   * Runs while somebody waits. Commits of this process ring the bell, and so does a store that reports those of others; all
   * other commits are found by polling.
   */
  async function follow(tenant: string, tail: Tail): Promise<void> {
    while (tail.waiters > 0 && !closing.signal.aborted) {
      tail.bell = new AbortController()
      await sequence(tenant, tail).catch(onError)
      await clock.sleep(pollMs, AbortSignal.any([tail.bell.signal, closing.signal]))
      await clock.sleep(gatherMs, closing.signal)
    }
    tail.running = null
  }

  return {
    async size(tenant) {
      const tail = tailOf(tenant)
      // A run that is under way may have begun before the caller's last commit, so another one follows it.
      await tail.sequencing?.catch(onError)
      return sequence(tenant, tail)
    },
    async read(tenant, from, limit) {
      const leaves = await store.leaves(tenant, { from, limit })
      const found = await Promise.all(
        leaves.map(({ runId, seq }) =>
          store.entries(tenant, runId, { from: seq, to: seq, limit: 1 }),
        ),
      )
      return leaves.flatMap(({ index }, place) => {
        const [stored] = found[place] ?? []
        return stored ? [{ index, stored }] : []
      })
    },
    async wait(tenant, size, signal) {
      const tail = tailOf(tenant)
      if (tail.size > size || signal.aborted || closing.signal.aborted) return
      const grown = AbortSignal.any([tail.grown.signal, signal, closing.signal])
      if (grown.aborted) return
      tail.waiters += 1
      tail.running ??= follow(tenant, tail)
      await new Promise<void>((resolve) =>
        grown.addEventListener('abort', () => resolve(), { once: true }),
      )
      tail.waiters -= 1
    },
    async close() {
      stop()
      closing.abort()
      await (
        await watching
      )?.()
      await Promise.all([...tails.values()].map(async ({ running }) => running))
    },
  }
}
