import type { ApiKey } from '@loop-engine/client'
import { Alert, Button, ClipboardCopy, Label } from '@patternfly/react-core'
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'

import { queryKeys } from '../api/queries.ts'
import { server } from '../api/server.ts'
import { More } from '../shell/more.tsx'
import { useSession } from '../shell/session-gate.tsx'
import { ActorLabel, shownActor } from '../show/actor-label.tsx'
import { Moment } from '../show/moment.tsx'
import { ProblemNote } from '../show/problem-note.tsx'
import { Section } from '../show/section.tsx'
import { Shown } from '../show/shown.tsx'
import { spellOut } from '../show/unseen.ts'
import { FormDialog } from './form-dialog.tsx'
import { KeyDialog } from './key-dialog.tsx'

/** Which programs and agents may come in. */
export function Keys(): ReactNode {
  const { scopes } = useSession()
  if (!scopes.includes('keys'))
    return <Section title="API keys">Your login may not manage keys.</Section>
  return <KeyList />
}

interface Asked {
  readonly key: ApiKey
  readonly what: 'rotate' | 'revoke'
}

function KeyList(): ReactNode {
  const client = useQueryClient()
  const query = useInfiniteQuery(queryKeys())
  const [making, setMaking] = useState(false)
  const [asked, setAsked] = useState<Asked | null>(null)
  const [secret, setSecret] = useState<string | null>(null)
  const refresh = async (): Promise<void> => client.invalidateQueries({ queryKey: ['keys'] })
  const change = async ({ key, what }: Asked): Promise<void> => {
    if (what === 'revoke') await server.keys.revoke(key.id)
    else setSecret((await server.keys.rotate(key.id)).secret)
    await refresh()
  }
  const keys = query.data ?? []
  return (
    <Section title="API keys">
      <p>For programs and agents. A key never acts as a person, and cannot decide.</p>
      {secret !== null && (
        <Alert isInline isLiveRegion variant="info" component="h3" title="Told once: keep it now">
          <ClipboardCopy isReadOnly hoverTip="Copy" clickTip="Copied" textAriaLabel="The secret">
            {secret}
          </ClipboardCopy>
        </Alert>
      )}
      <ProblemNote error={query.error} />
      {query.isSuccess && keys.length === 0 && <p>There are none.</p>}
      <ul className="rows">
        {keys.map((key) => (
          <KeyRow key={key.id} apiKey={key} onAsk={(what) => setAsked({ key, what })} />
        ))}
      </ul>
      <More query={query} />
      <Button onClick={() => setMaking(true)}>Make a key</Button>
      {making && (
        <KeyDialog
          onClose={() => setMaking(false)}
          send={async (body) => {
            setSecret((await server.keys.create(body)).secret)
            await refresh()
          }}
        />
      )}
      {asked && (
        <FormDialog
          title={asked.what === 'revoke' ? 'Revoke this key?' : 'Make a new secret?'}
          button={asked.what === 'revoke' ? 'Revoke' : 'Make it'}
          isDanger={asked.what === 'revoke'}
          send={() => change(asked)}
          onClose={() => setAsked(null)}
        >
          <p>
            <Shown
              text={
                asked.what === 'revoke'
                  ? `${asked.key.name} cannot come in any more, at once and for ever.`
                  : `The secret that ${asked.key.name} has now is accepted for one more day.`
              }
            />
          </p>
        </FormDialog>
      )}
    </Section>
  )
}

function KeyRow({
  apiKey: key,
  onAsk,
}: {
  readonly apiKey: ApiKey
  readonly onAsk: (what: Asked['what']) => void
}): ReactNode {
  const { id, name, actor, scopes, usedAt, expiresAt, revokedAt } = key
  return (
    <li>
      <div className="facts">
        <strong>
          <Shown text={name} />
        </strong>
        <code>{id}</code>
        {revokedAt !== null && <Label color="red">Revoked</Label>}
        <ActorLabel actor={shownActor(actor)} />
        {revokedAt === null && (
          <>
            <Button
              size="sm"
              variant="secondary"
              aria-label={`Rotate ${spellOut(name)}`}
              onClick={() => onAsk('rotate')}
            >
              Rotate
            </Button>
            <Button
              size="sm"
              variant="danger"
              aria-label={`Revoke ${spellOut(name)}`}
              onClick={() => onAsk('revoke')}
            >
              Revoke
            </Button>
          </>
        )}
      </div>
      <div className="facts subtle">
        <span>may {scopes.join(', ')}</span>
        <span>
          {usedAt === null ? (
            'never used'
          ) : (
            <>
              used <Moment at={usedAt} />
            </>
          )}
        </span>
        {expiresAt !== null && (
          <span>
            expires <Moment at={expiresAt} />
          </span>
        )}
      </div>
    </li>
  )
}
