import { LoopError, type LoopInstance } from '@loop-engine/core'

import type { Call } from '../route.ts'

/** The open run of a business key, else its newest. Throws `not_found`. */
export async function findRun(
  { services, tenant }: Call,
  aggregateId: string,
): Promise<LoopInstance> {
  const run = await services.store.get(tenant, aggregateId)
  if (run) return run
  throw new LoopError('not_found', 'No run has this business key.')
}
