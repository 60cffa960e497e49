import {
  isOpen,
  isReservedKey,
  openEntry,
  type ActorType,
  type InstanceStatus,
  type KnownKeys,
  type LedgerEntry,
  type LoopStore,
} from '@loop-engine/core'

import { checkOptions } from '../check-options.ts'
import { entryPages, runsOf } from '../pages.ts'
import { medianOf } from './median.ts'
import { createStateTally, type StateMetrics, type StateTally } from './state-metrics.ts'

/** What the record of one loop adds up to. */
export interface LoopMetrics {
  readonly loopId: string
  readonly runs: Readonly<Partial<Record<InstanceStatus, number>>>
  /** Executed transitions by the type of the actor that asked for them. */
  readonly transitions: Readonly<Partial<Record<ActorType, number>>>
  /**
   * Of the executed transitions, the share that an agent asked for, and the share that a person asked for or approved; null
   * when there are none.
   */
  readonly aiShare: number | null
  readonly humanShare: number | null
  /** Attempts that a hard guard blocked, by guard. */
  readonly blocked: Readonly<Record<string, number>>
  /** Attempts that were rejected, by reason. */
  readonly rejected: Readonly<Record<string, number>>
  readonly approvals: {
    readonly requested: number
    readonly approved: number
    readonly rejected: number
    readonly expired: number
    readonly superseded: number
    /** Approved, of those that people decided; null when they decided none. */
    readonly rate: number | null
    /** From the request to the approval or rejection. */
    readonly medianMs: number | null
  }
  /** By state: a funnel, and where runs wait. */
  readonly states: Readonly<Record<string, StateMetrics>>
  /** What somebody should look at: failed and unknown effects, failed runs, expired approvals. */
  readonly exceptions: number
}

interface Tally {
  readonly states: StateTally
  readonly runs: Map<InstanceStatus, number>
  readonly transitions: Map<ActorType, number>
  readonly blocked: Map<string, number>
  readonly rejected: Map<string, number>
  readonly approvals: {
    requested: number
    approved: number
    rejected: number
    expired: number
    superseded: number
  }
  readonly decisionsMs: number[]
  withPeople: number
  exceptions: number
}

export interface MetricsOptions {
  readonly store: LoopStore
  readonly tenant: string
  /** Of all loops unless given. */
  readonly loopId?: string
  readonly onProgress?: (done: { readonly runs: number; readonly entries: number }) => void
}

const optionKeys: KnownKeys<MetricsOptions> = {
  store: true,
  tenant: true,
  loopId: true,
  onProgress: true,
}

/** Counts what the runs of a tenant did, loop by loop. Reads every entry, a page at a time. */
export async function metricsOf(options: MetricsOptions): Promise<readonly LoopMetrics[]> {
  checkOptions('metricsOf', options, optionKeys)
  const { store, tenant, loopId, onProgress } = options
  let [runs, entries] = [0, 0]
  const loops = new Map<string, Tally>()
  for await (const run of runsOf(store, { tenant, ...(loopId !== undefined && { loopId }) })) {
    // The engine's own record of stops is nobody's work, unless it is asked for.
    if (loopId === undefined && isReservedKey(run.aggregateId)) continue
    const tally = loops.get(run.loopId) ?? createTally()
    loops.set(run.loopId, tally)
    add(tally.runs, run.status)
    if (run.status === 'failed') tally.exceptions += 1
    runs += 1
    const asked = new Map<string, number>()
    const path = tally.states.follow()
    for await (const page of entryPages(store, tenant, run.runId, run.version)) {
      for (const stored of page) {
        const entry = openEntry(stored)
        count(tally, entry, asked)
        path(entry)
      }
      entries += page.length
      onProgress?.({ runs, entries })
    }
    if (isOpen(run.status)) tally.states.rest(run.currentState)
  }
  return [...loops]
    .map(([id, tally]) => summed(id, tally))
    .toSorted((a, b) => (a.loopId < b.loopId ? -1 : 1))
}

function count(
  tally: Tally,
  { type, actor, reason = 'unknown', approval, at }: LedgerEntry,
  asked: Map<string, number>,
): void {
  const { approvals } = tally
  const decided = (): void => {
    const since = asked.get(approval?.id ?? '')
    if (since !== undefined) tally.decisionsMs.push(at - since)
  }
  switch (type) {
    case 'loop.transition.executed':
      add(tally.transitions, actor.type)
      if (actor.type === 'human' || approval) tally.withPeople += 1
      break
    case 'loop.transition.blocked':
      add(tally.blocked, reason)
      break
    case 'loop.transition.rejected':
      add(tally.rejected, reason)
      break
    case 'loop.approval.requested':
      approvals.requested += 1
      if (approval) asked.set(approval.id, at)
      break
    case 'loop.approval.approved':
      approvals.approved += 1
      decided()
      break
    case 'loop.approval.rejected':
      approvals.rejected += 1
      decided()
      break
    case 'loop.approval.expired':
      approvals.expired += 1
      tally.exceptions += 1
      break
    case 'loop.approval.superseded':
      approvals.superseded += 1
      break
    case 'loop.effect.failed':
    case 'loop.effect.unknown':
      tally.exceptions += 1
      break
    default:
  }
}

function summed(loopId: string, tally: Tally): LoopMetrics {
  const { approvals, decisionsMs, transitions } = tally
  const executed = [...transitions.values()].reduce((sum, value) => sum + value, 0)
  const decided = approvals.approved + approvals.rejected
  return {
    loopId,
    runs: Object.fromEntries(tally.runs),
    transitions: Object.fromEntries(transitions),
    aiShare: executed === 0 ? null : (transitions.get('ai-agent') ?? 0) / executed,
    humanShare: executed === 0 ? null : tally.withPeople / executed,
    blocked: Object.fromEntries(tally.blocked),
    rejected: Object.fromEntries(tally.rejected),
    approvals: {
      ...approvals,
      rate: decided === 0 ? null : approvals.approved / decided,
      medianMs: medianOf(decisionsMs),
    },
    states: tally.states.sum(),
    exceptions: tally.exceptions,
  }
}

function createTally(): Tally {
  return {
    states: createStateTally(),
    runs: new Map(),
    transitions: new Map(),
    blocked: new Map(),
    rejected: new Map(),
    approvals: { requested: 0, approved: 0, rejected: 0, expired: 0, superseded: 0 },
    decisionsMs: [],
    withPeople: 0,
    exceptions: 0,
  }
}

function add<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}
