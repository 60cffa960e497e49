import { openEntry, type LoopStore } from '@loop-engine/core'

/** What the ledger says about one loop. */
export interface LoopMetrics {
  readonly loopId: string
  readonly runs: Readonly<Record<string, number>>
  /** Executed transitions by the type of actor that asked. */
  readonly executedBy: Readonly<Record<string, number>>
  /** Refused attempts, by guard or reason. */
  readonly refused: Readonly<Record<string, number>>
  readonly approvals: Readonly<Record<string, number>>
  /** From request to decision; null when nothing was decided. */
  readonly medianDecisionMs: number | null
  readonly effects: Readonly<Record<string, number>>
}

/** Counts the runs of a tenant, loop by loop, from instances, entries and approvals. */
export async function metricsOf({ store, tenant = 'default', loopId }: { readonly store: LoopStore; readonly tenant?: string; readonly loopId?: string }): Promise<readonly LoopMetrics[]> {
  const loops = new Map<string, ReturnType<typeof createTally>>()
  for (let cursor: string | undefined; ; ) {
    const found = await store.find({ tenant, limit: 500, ...(loopId !== undefined && { loopId }), ...(cursor !== undefined && { cursor }) })
    for (const { loopId: id, status, runId, version } of found.items) {
      const tally = loops.get(id) ?? createTally()
      loops.set(id, tally)
      add(tally.runs, status)
      for (let from = 1; from <= version; from += 1000) {
        for (const stored of await store.entries(tenant, runId, { from, limit: 1000 })) count(tally, openEntry(stored))
      }
      for (const { status: outcome, createdAt, decidedAt } of (await store.approvals({ tenant, runId, limit: 1000 })).items) {
        add(tally.approvals, outcome)
        if (decidedAt !== null && (outcome === 'approved' || outcome === 'rejected')) tally.decisionsMs.push(decidedAt - createdAt)
      }
    }
    cursor = found.cursor
    if (cursor === undefined) break
  }
  return [...loops].map(([id, { decisionsMs, ...counts }]) => ({ loopId: id, ...counts, medianDecisionMs: medianOf(decisionsMs) }))
}

function createTally(): { runs: Record<string, number>; executedBy: Record<string, number>; refused: Record<string, number>; approvals: Record<string, number>; effects: Record<string, number>; decisionsMs: number[] } {
  return { runs: {}, executedBy: {}, refused: {}, approvals: {}, effects: {}, decisionsMs: [] }
}

function count(tally: ReturnType<typeof createTally>, { type, actor, reason = 'unknown' }: ReturnType<typeof openEntry>): void {
  if (type === 'loop.transition.executed') add(tally.executedBy, actor.type)
  else if (type === 'loop.transition.blocked' || type === 'loop.transition.rejected') add(tally.refused, reason)
  else if (type.startsWith('loop.effect.') && type !== 'loop.effect.started') add(tally.effects, type.slice('loop.effect.'.length))
}

function add(counts: Record<string, number>, key: string): void {
  counts[key] = (counts[key] ?? 0) + 1
}

function medianOf(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? null
}
