import type { StopTarget } from '@loop-engine/sdk'

import { defaultTenant, type Session } from '../session.ts'

/**
 * What to say of a stop that covers less than was meant, perhaps: no run, because a name was mistyped or a loop is not there
 * yet; or one account of a person, for no directory is asked here. Nobody knows all actors, so that theirs is not looked for.
 */
export async function targetWarning(
  { engine }: Session,
  target: StopTarget,
): Promise<string | undefined> {
  if ('everything' in target) return undefined
  if ('actorId' in target) return otherAccounts
  const missing = await missingRun(engine, target)
  return missing && `${missing} Is the name right? The stop stands, for what may come.`
}

const otherAccounts =
  'Other accounts of the same person go on, for no directory is asked here. Stop each of them, or the person at the server.'

async function missingRun(
  engine: Session['engine'],
  target: Exclude<StopTarget, { readonly everything: true } | { readonly actorId: string }>,
): Promise<string | undefined> {
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
