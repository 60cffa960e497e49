import type { HistoryItem, Instance } from '@loop-engine/client'

import type { Path } from './state-graph.tsx'

/** Where a run was and what it took, as its record says. */
export function pathOf(items: readonly HistoryItem[], run: Instance): Path {
  const states = new Map<string, number>()
  const transitions = new Map<string, number>()
  for (const { entry } of items) {
    const { toState, transitionId, type } = entry
    if (typeof toState === 'string') add(states, toState)
    if (type === 'loop.transition.executed' && typeof transitionId === 'string')
      add(transitions, transitionId)
  }
  return { states, transitions, current: run.currentState }
}

function add(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}
