import type { Who } from '@loop-engine/client'
import { EmptyState, EmptyStateBody, Spinner } from '@patternfly/react-core'
import { LockIcon } from '@patternfly/react-icons'
import { useQuery } from '@tanstack/react-query'
import { createContext, useContext, useEffect, useRef, type ReactNode } from 'react'

import { querySession } from '../api/queries.ts'
import { troubleOf } from '../api/server.ts'
import { ProblemNote } from '../show/problem-note.tsx'

const nobody: Who = {
  kind: 'session',
  tenant: '',
  actor: { type: 'human', id: '' },
  scopes: [],
  expiresAt: null,
}
const SessionContext = createContext<Who>(nobody)

/** Who is logged in. */
export function useSession(): Who {
  return useContext(SessionContext)
}

/** Shows its children to whom the server knows. */
export function SessionGate({ children }: { readonly children: ReactNode }): ReactNode {
  const { data, error, isPending } = useQuery({ ...querySession(), staleTime: 60_000 })
  useBeginAnew(data)
  if (troubleOf(error).status === 401) return <LoggedOut />
  if (data) return <SessionContext value={data}>{children}</SessionContext>
  return (
    <div className="alone">
      {isPending ? <Spinner aria-label="Asking who you are" /> : <ProblemNote error={error} />}
    </div>
  )
}

/** Loads the page anew when somebody else logged in in this browser: what one person read and began is not the next one's. */
function useBeginAnew(who: Who | undefined): void {
  const before = useRef<Who>(undefined)
  useEffect(() => {
    const was = before.current
    before.current = who ?? was
    if (was && who && (was.tenant !== who.tenant || was.actor.id !== who.actor.id))
      location.reload()
  }, [who])
}

function LoggedOut(): ReactNode {
  return (
    <main className="alone">
      <EmptyState titleText="You are not logged in" headingLevel="h1" icon={LockIcon}>
        <EmptyStateBody>
          Open a login link. Whoever runs the server gets one from <code>loop serve</code>; each
          works once.
        </EmptyStateBody>
      </EmptyState>
    </main>
  )
}
