import type { ClaimQuery, Clock, OutboxClaim } from '@loop-engine/core'

/** After so long a delivery stops counting against those of other kinds and destinations. */
const slowMs = 1000

/** Which deliveries are in progress. A destination that hangs fills its own share, and so do effects, never everybody's. */
export interface Slots {
  /** How many more may begin, and of which kinds when no effect may. */
  free(): Pick<ClaimQuery, 'limit' | 'kinds'>
  /** Whether so many already wait for the destination of this one that it had better come again. */
  isCrowded(item: OutboxClaim): boolean
  /** Returns what gives the slot back. */
  take(item: OutboxClaim): () => void
}

/** `concurrency` at once, and no more than that for one destination, however long it takes. */
export function createSlots(clock: Clock, concurrency: number): Slots {
  const taken = new Set<{ readonly item: OutboxClaim; readonly since: number }>()

  return {
    free() {
      const slowSince = clock.now() - slowMs
      const all = [...taken]
      const counted = all.filter(({ item, since }) => item.kind === 'timer' || since > slowSince)
      const free = concurrency - counted.length
      const effects = concurrency - all.filter(({ item }) => item.kind === 'effect').length
      return effects > 0
        ? { limit: Math.min(free, effects) }
        : { limit: free, kinds: ['timer', 'notify', 'publish'] }
    },
    isCrowded(item) {
      if (!tells(item)) return false
      const others = [...taken].filter(
        ({ item: { kind, name } }) => kind === item.kind && name === item.name,
      )
      return others.length >= concurrency
    },
    take(item) {
      const slot = { item, since: clock.now() }
      taken.add(slot)
      return () => taken.delete(slot)
    },
  }
}

/** Effects and timers act: each attempt counts, and none is given back untried. */
function tells({ kind }: OutboxClaim): boolean {
  return kind === 'notify' || kind === 'publish'
}
