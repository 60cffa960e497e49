import type { ApprovalRequest } from '@loop-engine/client'
import { Card, CardBody, CardTitle } from '@patternfly/react-core'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'

import { queryHistory, queryRun } from '../api/queries.ts'
import { Changes } from '../show/changes.tsx'
import { differencesOf } from '../show/difference.ts'

/** What somebody changed since the request was made. */
export function Edited({ request }: { readonly request: ApprovalRequest }): ReactNode {
  const run = useQuery(queryRun(request.runId))
  return run.data ? <EditedIn request={request} run={run.data} /> : null
}

function EditedIn({
  request,
  run,
}: {
  readonly request: ApprovalRequest
  readonly run: Parameters<typeof queryHistory>[0]
}): ReactNode {
  const { data } = useInfiniteQuery(queryHistory(run))
  const asked = data?.pages
    .flatMap(({ items }) => items)
    .find(
      ({ entry: { type, approval } }) =>
        type === 'loop.approval.requested' && idOf(approval) === request.id,
    )
  if (!asked?.evidence) return null
  return (
    <Card isCompact>
      <CardTitle component="h3">Edited since it was asked</CardTitle>
      <CardBody>
        <Changes changes={differencesOf(asked.evidence, request.evidence)} />
      </CardBody>
    </Card>
  )
}

function idOf(approval: unknown): unknown {
  return typeof approval === 'object' && approval !== null && 'id' in approval
    ? approval.id
    : undefined
}
