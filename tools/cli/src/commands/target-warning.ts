import type { StopTarget } from '@loop-engine/sdk'

import { defaultTenant, type Session } from '../session.ts'

/**
 * Warns of a stop that may cover less than was meant. It covers no run if its name is mistyped, or if its runs do not exist
 * yet; and it covers one account of a person, because no directory is asked here. No store has a list of actors, so the name
 * of an actor is not checked.
 */
export async function targetWarning(
  { engine }: Session,
  target: StopTarget,
): Promise<string | undefined> {
  if ('everything' in target) return undefined
  if ('actorId' in target) return otherAccounts
  const missing = await missingRun(engine, target)
  return (
    missing && `${missing} Is the name right? The stop is in force all the same, for runs to come.`
  )
}

const otherAccounts =
  'Other accounts of the same person are not stopped, because no directory is asked here. Stop each of them, or the person at the server.'

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
  const others = loops.length > 0 ? `There are runs of ${loops.join(', ')}.` : 'There are no runs.'
  return `No run belongs to the loop ${loopId}. ${others}`
}

/** The loops that have runs, as far as one page of runs tells. */
async function loopsOf(engine: Session['engine'], tenant: string): Promise<readonly string[]> {
  const { items } = await engine.find({ tenant, limit: 1000 })
  return [...new Set(items.map(({ loopId }) => loopId))]
}
