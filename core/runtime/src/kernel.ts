import { principalIds } from '@loop-engine/actors'
import {
  actorScopes,
  isOpen,
  LoopError,
  stopScopes,
  type Actor,
  type Channel,
  type Clock,
  type CommitResult,
  type EventSink,
  type Identifiers,
  type Integration,
  type LedgerEntry,
  type LoopDefinition,
  type LoopInstance,
  type LoopStore,
  type OutboxItem,
  type Principal,
  type Telemetry,
} from '@loop-engine/core'
import type { EventBus } from '@loop-engine/events'
import type { Expressions, GuardEvaluator } from '@loop-engine/guards'
import QuickLRU from 'quick-lru'

import type { Bells } from './approvals/bells.ts'
import type { Change, PlanRest } from './change.ts'
import type { Identity } from './identity.ts'
import type { Limits } from './limits.ts'
import type { LoopRegistry } from './loop-registry.ts'
import type { Redaction } from './redaction.ts'
import { enveloped } from './trace-envelope.ts'

/** What every part of a running system shares. */
export interface Kernel {
  readonly store: LoopStore
  readonly clock: Clock
  readonly ids: Identifiers
  readonly limits: Limits
  readonly loops: LoopRegistry
  readonly guards: GuardEvaluator
  readonly expressions: Expressions
  readonly identity: Identity
  readonly redaction: Redaction | undefined
  readonly channels: ReadonlyMap<string, Channel>
  readonly integrations: ReadonlyMap<string, Integration>
  readonly sinks: ReadonlyMap<string, EventSink>
  readonly bus: EventBus
  readonly runs: Runs
  readonly bells: Bells
  readonly telemetry: Telemetry | undefined
  /** A copy that nobody changes. Throws `invalid_definition` when a loop asks for what this system does not have. */
  check(definition: LoopDefinition): LoopDefinition
  /** Hears of what goes wrong in the background. */
  report(error: unknown): void
  /** Tells the relay that something was enqueued. */
  wake(): void
}

interface LoadedRun {
  readonly instance: LoopInstance
  readonly fresh: boolean
}

interface RememberedRun extends LoadedRun {
  /** Which of all that were remembered this is, in order. */
  readonly number: number
}

/** The runs in memory, and the order in which this process works on them. */
export interface Runs {
  /** A point in time, for `known`. */
  mark(): number
  /** The newest run of a business key, if it was in memory at that time, and is; others may have moved it since. */
  known(tenant: string, aggregateId: string, mark: number): LoopInstance | undefined
  /** The newest run of a business key; `fresh` when it was read from the store just now. At once when it is known. */
  load(tenant: string, aggregateId: string, fresh?: boolean): LoadedRun | Promise<LoadedRun>
  keep(instance: LoopInstance): void
  forget(tenant: string, aggregateId: string): void
  /** Runs `work` after all earlier work on the same key in this process: callers queue instead of conflicting. */
  exclusive<T>(tenant: string, aggregateId: string, work: () => Promise<T>): Promise<T>
  /** `exclusive` without a closure, for the hot path: waits for its turn if a promise is returned; then `leave` must follow. */
  enter(tenant: string, aggregateId: string): Promise<void> | undefined
  leave(tenant: string, aggregateId: string): void
}

export function createRuns(store: LoopStore, cachedInstances: number): Runs {
  // It may hold twice its size.
  const cache = new QuickLRU<string, RememberedRun>({ maxSize: Math.ceil(cachedInstances / 2) })
  let remembered = 0
  // Who waits for a key, in order; there is a line while somebody works on the key.
  const lines = new Map<string, (() => void)[]>()
  const keyOf = (tenant: string, aggregateId: string): string =>
    tenant === 'default' ? aggregateId : `${tenant}\n${aggregateId}`

  /** A key of one tenant may be spelt like tenant and key of another: what is found must be what was asked for. */
  const recall = (tenant: string, aggregateId: string): RememberedRun | undefined => {
    const run = cache.get(keyOf(tenant, aggregateId))
    return run?.instance.aggregateId === aggregateId ? run : undefined
  }
  const remember = (key: string, instance: LoopInstance): void => {
    remembered += 1
    cache.set(key, { instance, fresh: false, number: remembered })
  }

  return {
    mark: () => remembered,
    known(tenant, aggregateId, mark) {
      const run = recall(tenant, aggregateId)
      return run && run.number <= mark ? run.instance : undefined
    },
    load(tenant, aggregateId, fresh = false) {
      const run = fresh ? undefined : recall(tenant, aggregateId)
      return run ?? read(tenant, aggregateId)
    },
    keep(instance) {
      const key = keyOf(instance.tenant, instance.aggregateId)
      if (isOpen(instance.status)) remember(key, instance)
      else cache.delete(key)
    },
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

  async function read(tenant: string, aggregateId: string): Promise<LoadedRun> {
    const key = keyOf(tenant, aggregateId)
    const instance = await store.get(tenant, aggregateId)
    if (instance === null) {
      cache.delete(key)
      throw new LoopError('not_found', 'No run has this business key.', {
        details: { tenant, aggregateId },
        hint: 'Start one with engine.start().',
      })
    }
    remember(key, instance)
    return { instance, fresh: true }
  }
}

/** Commits a change. On success the process knows the new run, subscribers have its entries, and the relay is awake. */
export async function commitChange(
  kernel: Kernel,
  change: Change,
  rest: PlanRest,
): Promise<CommitResult> {
  for (const sink of kernel.sinks.keys()) change.publish(sink)
  const planned = change.plan(rest)
  const outbox =
    planned.outbox && enveloped(kernel, dueByNow(planned.outbox, kernel.clock.now()), change.origin)
  const plan = outbox === planned.outbox ? planned : { ...planned, outbox }
  const [result] = await kernel.store.commit([plan])
  if (!result)
    throw new LoopError('unavailable', 'The store did not answer for a plan.', {
      plugin: kernel.store.name,
    })
  if (result.kind === 'committed') {
    kernel.runs.keep(plan.instance)
    for (const request of plan.approvals ?? []) kernel.bells.ring(request)
    if (plan.entries.length > 0) kernel.bus.publish(plan.entries)
    if (plan.outbox) kernel.wake()
    kernel.telemetry?.recorded(plan)
  } else if (result.kind === 'conflict') {
    kernel.runs.forget(plan.tenant, plan.instance.aggregateId)
  }
  return result
}

/**
 * Only timers wait. Entries may be of a later time than now: if the clock that wrote the last one was ahead, for time
 * never goes back within a run.
 */
function dueByNow(items: readonly OutboxItem[], now: number): readonly OutboxItem[] {
  const isFine = ({ kind, dueAt }: OutboxItem): boolean => kind === 'timer' || dueAt <= now
  return items.every(isFine)
    ? items
    : items.map((item) => (isFine(item) ? item : { ...item, dueAt: now }))
}

/** The stops that hold up a change which this actor makes. */
export function scopesOf(
  instance: { tenant: string; loopId: string; aggregateId: string },
  actor: Actor,
): readonly string[] {
  const scopes = stopScopes(instance.tenant, instance.loopId, instance.aggregateId, actor.id)
  return actor.onBehalfOf ? [...scopes, ...ownScopes(instance.tenant, actor.onBehalfOf)] : scopes
}

/** The stops of a principal and of everybody it acts for, whatever it does. */
export function ownScopes(tenant: string, principal: Principal): readonly string[] {
  return principalIds(principal).flatMap((id) => actorScopes(tenant, id))
}

/** The stops that hold up what an execution licenses: those of everybody on whose word it rests. */
export function scopesBehind({ approval, ...entry }: LedgerEntry): readonly string[] {
  const approvers = (approval?.reviewers ?? []).flatMap((id) => actorScopes(entry.tenant, id))
  return [...scopesOf(entry, entry.actor), ...approvers]
}
