import type { ApprovalRequest } from '@loop-engine/client'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'

import { queryAsked } from '../api/queries.ts'
import { evidenceAsked } from '../run/evidence-asked.ts'
import { Changes } from '../show/changes.tsx'
import { differencesOf } from '../show/difference.ts'
import { ProblemNote } from '../show/problem-note.tsx'
import { Section } from '../show/section.tsx'

/** What somebody changed since the request was made. */
export function Edited({ request }: { readonly request: ApprovalRequest }): ReactNode {
  const { data, error } = useQuery(queryAsked(request))
  const asked = evidenceAsked(data?.items ?? []).get(request.id)
  if (!asked) return <ProblemNote error={error} />
  return (
    <Section title="Edited since it was asked" level="h3">
      <Changes changes={differencesOf(asked, request.evidence)} />
    </Section>
  )
}
