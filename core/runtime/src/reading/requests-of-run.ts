import type { ApprovalQuery, ApprovalRequest, LoopStore } from '@loop-engine/core'

const page = 1000

/** All requests of a run, newest first, or those that fit: an agent may ask as often as it likes. */
export async function requestsOfRun(
  store: Pick<LoopStore, 'approvals'>,
  { tenant, runId }: { readonly tenant: string; readonly runId: string },
  filter: Pick<ApprovalQuery, 'status' | 'aggregateId' | 'loopId'> = {},
): Promise<readonly ApprovalRequest[]> {
  const requests: ApprovalRequest[] = []
  let cursor: string | undefined
  do {
    const found = await store.approvals({
      ...filter,
      tenant,
      runId,
      limit: page,
      ...(cursor !== undefined && { cursor }),
    })
    requests.push(...found.items)
    cursor = found.cursor
  } while (cursor !== undefined)
  return requests
}
