import { LoopError, type ApprovalRequest, type LoopInstance } from '@loop-engine/core'

import type { Kernel } from '../kernel.ts'

export interface RequestOfRun {
  readonly request: ApprovalRequest
  readonly instance: LoopInstance
}

/**
 * A request and its run, to be changed in one commit. The run is read first: what another process makes of the request
 * after that fails the commit, by the run's version; read the other way round it would be overwritten. Throws `corrupt`
 * when one of them is gone.
 */
export async function readRequest(
  { store }: Kernel,
  tenant: string,
  runId: string,
  requestId: string,
): Promise<RequestOfRun> {
  const instance = await store.getRun(tenant, runId)
  const request = await store.approval(tenant, requestId)
  if (!request || !instance)
    throw new LoopError('corrupt', 'The run of an approval request is gone.')
  return { request, instance }
}
