import { LoopError, type LoopInstance } from '@loop-engine/sdk'

import type { Session } from '../session.ts'

/** Finds a run by its business key, or else by its run id. */
export async function findRun(
  { engine, store, tenant }: Session,
  id: string,
): Promise<LoopInstance> {
  const run = (await engine.get({ tenant, aggregateId: id })) ?? (await store.getRun(tenant, id))
  if (run) return run
  throw new LoopError('not_found', 'No run has this id.', {
    hint: '`loop list` lists the runs; --tenant chooses the tenant.',
  })
}
