import type { ApprovalQuery, ApprovalRequest, LoopInstance, LoopStore } from '@loop-engine/core'

const page = 1000

/** All requests of a run, newest first, or those of one status: an agent may ask as often as it likes. */
export async function requestsOfRun(
  store: LoopStore,
  { tenant, runId }: LoopInstance,
  status?: ApprovalQuery['status'],
): Promise<readonly ApprovalRequest[]> {
  const requests: ApprovalRequest[] = []
  let cursor: string | undefined
  do {
    const found = await store.approvals({
      tenant,
      runId,
      limit: page,
      ...(status && { status }),
      ...(cursor !== undefined && { cursor }),
    })
    requests.push(...found.items)
    cursor = found.cursor
  } while (cursor !== undefined)
  return requests
}
