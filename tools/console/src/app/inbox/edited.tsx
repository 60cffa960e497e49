import type { ApprovalRequest } from '@loop-engine/client'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'

import { queryHistory, queryRun } from '../api/queries.ts'
import { evidenceAsked } from '../run/evidence-asked.ts'
import { Changes } from '../show/changes.tsx'
import { differencesOf } from '../show/difference.ts'
import { Section } from '../show/section.tsx'

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
  const asked = evidenceAsked(data ?? []).get(request.id)
  if (!asked) return null
  return (
    <Section title="Edited since it was asked" level="h3">
      <Changes changes={differencesOf(asked, request.evidence)} />
    </Section>
  )
}
