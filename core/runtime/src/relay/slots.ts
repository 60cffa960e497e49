import type { ClaimQuery, Clock, OutboxClaim } from '@loop-engine/core'

/** After this time a delivery no longer counts against those of other kinds and destinations. */
const slowMs = 1000

/** The deliveries in progress. A destination that hangs, or slow effects, may fill their own share, but never all slots. */
export interface Slots {
  /** How many more may begin; names their kinds if no effect may. */
  free(): Pick<ClaimQuery, 'limit' | 'kinds'>
  /** Whether so many deliveries to the same destination are in progress that this one should be put off. */
  isCrowded(item: OutboxClaim): boolean
  /** Takes a slot, and returns the function that gives it back. */
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

/** Whether an item only tells somebody. Effects and timers act: each delivery is an attempt, so none is put off untried. */
function tells({ kind }: OutboxClaim): boolean {
  return kind === 'notify' || kind === 'publish'
}
