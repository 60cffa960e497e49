import type { Stop, StopRequest } from '@loop-engine/client'
import { Button, Label } from '@patternfly/react-core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'

import { queryStops } from '../api/queries.ts'
import { server } from '../api/server.ts'
import { useSession } from '../shell/session-gate.tsx'
import { Moment } from '../show/moment.tsx'
import { ProblemNote } from '../show/problem-note.tsx'
import { Section } from '../show/section.tsx'
import { Shown } from '../show/shown.tsx'
import { spellOut } from '../show/unseen.ts'
import { ReasonDialog } from './reason-dialog.tsx'
import { StopDialog } from './stop-dialog.tsx'
import { coverOf, targetOf } from './stop-scope.ts'

/** What is stopped, and the way to stop and to release. */
export function KillSwitch(): ReactNode {
  const { scopes } = useSession()
  const client = useQueryClient()
  const { data = [], error, isSuccess } = useQuery(queryStops())
  const [stopping, setStopping] = useState(false)
  const [releasing, setReleasing] = useState<Stop | null>(null)
  const refresh = async (): Promise<void> => client.invalidateQueries({ queryKey: ['stops'] })
  const maySay = scopes.includes('stop')
  const target = releasing && targetOf(releasing.scope)
  return (
    <Section title="Kill switch">
      <p>Nothing that a stop covers commits until a person releases it.</p>
      <ProblemNote error={error} />
      {isSuccess && data.length === 0 && <p>No stop is in force.</p>}
      <ul className="rows">
        {data.map((stop) => (
          <li key={stop.scope} className="facts">
            <Label color="red">Stopped</Label>
            <strong>
              <Shown text={coverOf(stop.scope)} />
            </strong>
            <span>
              {stop.by !== null && (
                <>
                  by <Shown text={stop.by} />,{' '}
                </>
              )}
              <Moment at={stop.at} />
              {stop.reason !== null && (
                <>
                  : <Shown text={stop.reason} />
                </>
              )}
            </span>
            <Button
              size="sm"
              variant="secondary"
              isDisabled={!scopes.includes('operate') || targetOf(stop.scope) === null}
              aria-label={`Release ${spellOut(coverOf(stop.scope))}`}
              onClick={() => setReleasing(stop)}
            >
              Release
            </Button>
          </li>
        ))}
      </ul>
      <Button variant="danger" isDisabled={!maySay} onClick={() => setStopping(true)}>
        Stop something
      </Button>
      {!maySay && <p>Your login may not stop anything.</p>}
      {stopping && (
        <StopDialog
          onClose={() => setStopping(false)}
          send={async (body: StopRequest) => {
            await server.stops.stop(body)
            await refresh()
          }}
        />
      )}
      {target && (
        <ReasonDialog
          title="Release this stop?"
          explains={`${coverOf(releasing.scope)} goes on at once.`}
          button="Release"
          onClose={() => setReleasing(null)}
          send={async (reason) => {
            await server.stops.release({ target, reason })
            await refresh()
          }}
        />
      )}
    </Section>
  )
}
