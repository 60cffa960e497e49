import {
  isLoopError,
  openEntry,
  stopScope,
  type LedgerEntry,
  type LoopInstance,
  type LoopStore,
} from '@loop-engine/core'
import { controlKey } from '@loop-engine/runtime'

import { entryPages } from '../pages.ts'
import type { VerifyFault } from './checks/fault.ts'

/** Compares the stops in force with those on record: a stop that was deleted by hand would hold nothing up. */
export async function verifyStops(
  store: LoopStore,
  tenant: string,
): Promise<readonly VerifyFault[]> {
  for (;;) {
    const run = await store.get(tenant, controlKey)
    const stops = await store.stops()
    // Somebody stopped or released meanwhile.
    if ((await store.get(tenant, controlKey))?.version !== run?.version) continue
    const recorded = await recordedStops(store, run)
    if (!recorded) return []
    const named = new Map(stops.map((stop) => [nameOf(stop.scope, tenant), stop]))
    const faultOf = (seq: number, message: string): VerifyFault => {
      return { runId: run?.runId ?? '', seq, fault: 'fold_mismatch', message }
    }
    const changed = [...recorded].flatMap(([name, { seq, reason, actor }]) => {
      const stop = named.get(name)
      if (!stop) return faultOf(seq, `The stop ${name} is on record, and not in force.`)
      const isSame = stop.reason === reason && stop.by === `${actor.type}:${actor.id}`
      return isSame ? [] : faultOf(seq, `The stop ${name} is not the one on record.`)
    })
    const added = [...named.keys()]
      .filter((name) => isOf(tenant, name) && !recorded.has(name))
      .map((name) => faultOf(run?.version ?? 0, `The stop ${name} is in force, and not on record.`))
    return [...changed, ...added]
  }
}

/** What was stopped and not released since; null if the run of stops cannot be read, which is a fault of that run. */
async function recordedStops(
  store: LoopStore,
  run: LoopInstance | null,
): Promise<ReadonlyMap<string, LedgerEntry> | null> {
  const standing = new Map<string, LedgerEntry>()
  if (!run) return standing
  try {
    for await (const page of entryPages(store, run.tenant, run.runId, run.version)) {
      for (const entry of page.map(openEntry)) {
        const scope = entry.data?.['scope']
        if (typeof scope !== 'string') continue
        const name = nameOf(scope, run.tenant)
        if (entry.type === 'loop.stopped') standing.set(name, entry)
        if (entry.type === 'loop.released') standing.delete(name)
      }
    }
    return standing
  } catch (error) {
    if (isLoopError(error) && error.code === 'corrupt') return null
    throw error
  }
}

/** A scope in today's spelling: older versions wrote the id of an actor as it was spelled. */
function nameOf(scope: string, tenant: string): string {
  const actors = stopScope('actor', tenant, '')
  return scope.startsWith(actors) ? stopScope('actor', tenant, scope.slice(actors.length)) : scope
}

/** Whether a stop is recorded in this tenant; a stop of everything is recorded in `default`. */
function isOf(tenant: string, scope: string): boolean {
  if (scope === '*') return tenant === 'default'
  const kinds = ['loop', 'instance', 'actor'] as const
  return (
    scope === stopScope('tenant', tenant) ||
    kinds.some((kind) => scope.startsWith(stopScope(kind, tenant, '')))
  )
}
