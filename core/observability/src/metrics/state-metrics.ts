import { isOpen, type LedgerEntry } from '@loop-engine/core'

import { medianOf } from './median.ts'

export interface StateMetrics {
  /** Runs that ever were in it. */
  readonly runs: number
  /** How often runs came into it. */
  readonly visits: number
  /** Runs that are in it and have not ended. */
  readonly now: number
  /** How long a stay took, of those that are over; null when none is. */
  readonly medianMs: number | null
}

export interface StateTally {
  /** Counts the stays of one run, entry by entry. */
  follow(): (entry: Pick<LedgerEntry, 'toState' | 'status' | 'at'>) => void
  /** A run is in a state now. */
  rest(state: string): void
  sum(): Readonly<Record<string, StateMetrics>>
}

interface Count {
  runs: number
  visits: number
  now: number
  readonly staysMs: number[]
}

export function createStateTally(): StateTally {
  const counts = new Map<string, Count>()
  const countOf = (state: string): Count => {
    const count = counts.get(state) ?? { runs: 0, visits: 0, now: 0, staysMs: [] }
    counts.set(state, count)
    return count
  }
  return {
    follow() {
      const seen = new Set<string>()
      let stay: { readonly state: string; readonly since: number } | undefined
      return ({ toState, status, at }) => {
        // A run that is cancelled or failed by hand stays nowhere any more, and goes nowhere.
        const isOver = status !== undefined && !isOpen(status)
        if (toState === undefined && !isOver) return
        if (stay) countOf(stay.state).staysMs.push(at - stay.since)
        stay = undefined
        if (toState === undefined) return
        stay = { state: toState, since: at }
        const count = countOf(toState)
        count.visits += 1
        if (!seen.has(toState)) count.runs += 1
        seen.add(toState)
      }
    },
    rest(state) {
      countOf(state).now += 1
    },
    sum: () =>
      Object.fromEntries(
        [...counts].map(([state, { staysMs, ...count }]) => [
          state,
          { ...count, medianMs: medianOf(staysMs) },
        ]),
      ),
  }
}
