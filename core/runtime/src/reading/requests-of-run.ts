import type { ApprovalQuery, ApprovalRequest, LoopStore } from '@loop-engine/core'

const page = 1000

/** All requests of a run that match the filter, newest first, page by page: an agent may have asked very often. */
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
