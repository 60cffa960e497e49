import type { StopTarget } from '@loop-engine/sdk'

import { defaultTenant, type Session } from '../session.ts'

/**
 * What to say of a stop that no run here is covered by: a name that was mistyped, or a loop that is not there yet. The
 * stop stands all the same. Nobody knows all actors, so that theirs is not looked for.
 */
export async function targetWarning(
  { engine }: Session,
  target: StopTarget,
): Promise<string | undefined> {
  if ('everything' in target || 'actorId' in target) return undefined
  const { tenant = defaultTenant } = target
  if ('aggregateId' in target) {
    const run = await engine.get({ tenant, aggregateId: target.aggregateId })
    return run ? undefined : `No run has the business key ${target.aggregateId}.`
  }
  const loops = await loopsOf(engine, tenant)
  if (!('loopId' in target)) {
    return loops.length > 0 ? undefined : `No run belongs to the tenant ${tenant}.`
  }
  const { loopId } = target
  const { items } = await engine.find({ tenant, loopId, limit: 1 })
  if (items.length > 0) return undefined
  const others = loops.length > 0 ? `There are runs of ${loops.join(', ')}.` : 'There are none.'
  return `No run is of the loop ${loopId}. ${others}`
}

/** Of which there are runs, as far as one page tells. */
async function loopsOf(engine: Session['engine'], tenant: string): Promise<readonly string[]> {
  const { items } = await engine.find({ tenant, limit: 1000 })
  return [...new Set(items.map(({ loopId }) => loopId))]
}
