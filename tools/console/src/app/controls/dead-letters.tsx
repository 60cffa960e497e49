import { Button, Label } from '@patternfly/react-core'
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query'
import type { ReactNode } from 'react'

import { queryDeadLetters } from '../api/queries.ts'
import { server } from '../api/server.ts'
import { More } from '../shell/more.tsx'
import { useSession } from '../shell/session-gate.tsx'
import { useToast } from '../shell/toasts.tsx'
import { RunLink } from '../show/links.tsx'
import { LongText } from '../show/long-text.tsx'
import { Moment } from '../show/moment.tsx'
import { ProblemNote } from '../show/problem-note.tsx'
import { Section } from '../show/section.tsx'
import { Shown } from '../show/shown.tsx'
import { spellOut } from '../show/unseen.ts'

/** Deliveries that were given up. */
export function DeadLetters(): ReactNode {
  const { scopes } = useSession()
  const client = useQueryClient()
  const tell = useToast()
  const query = useInfiniteQuery(queryDeadLetters())
  const { mutate, error, isPending } = useMutation({
    mutationFn: (id: string) => server.deadLetters.retry(id),
    onSuccess: async () => {
      tell({ variant: 'success', title: 'It is tried again, as the same delivery.' })
      await client.invalidateQueries({ queryKey: ['dead-letters'] })
    },
  })
  const letters = query.data ?? []
  return (
    <Section title="Dead letters">
      <ProblemNote error={query.error} />
      <ProblemNote error={error} />
      {query.isSuccess && letters.length === 0 && <p>Nothing was given up.</p>}
      <ul className="rows">
        {letters.map(({ id, kind, name, aggregateId, runId, attempt, error: why, diedAt }) => (
          <li key={id}>
            <div className="facts">
              <Label color="red">{kind}</Label>
              <strong>
                <Shown text={name} />
              </strong>
              <RunLink runId={runId} aggregateId={aggregateId} />
              <span>
                given up <Moment at={diedAt} />, after {attempt}{' '}
                {attempt === 1 ? 'attempt' : 'attempts'}
              </span>
              <Button
                size="sm"
                variant="secondary"
                isDisabled={isPending || !scopes.includes('operate')}
                aria-label={`Try ${spellOut(name)} for ${spellOut(aggregateId)} again`}
                onClick={() => mutate(id)}
              >
                Try again
              </Button>
            </div>
            <LongText text={why} />
          </li>
        ))}
      </ul>
      <More query={query} />
    </Section>
  )
}
