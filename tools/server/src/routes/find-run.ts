import { LoopError, type LoopInstance } from '@loop-engine/core'

import type { Call } from './route.ts'

/** The run `runId` of a business key; without `runId` its open run, or else its newest. Throws `not_found`. */
export async function findRun(
  { services, tenant }: Call,
  aggregateId: string,
  runId?: string,
): Promise<LoopInstance> {
  const { store } = services
  const run = await (runId === undefined
    ? store.get(tenant, aggregateId)
    : store.getRun(tenant, runId))
  if (run?.aggregateId === aggregateId) return run
  throw new LoopError('not_found', 'No run has this business key.')
}
