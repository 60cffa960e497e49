import type { StopRequest } from '@loop-engine/client'
import { Alert, FormGroup, FormSelect, FormSelectOption, TextInput } from '@patternfly/react-core'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'

import { queryKeys, queryLoops } from '../api/queries.ts'
import { useSession } from '../shell/session-gate.tsx'
import { doubtOf } from './doubt-of.ts'
import { ReasonDialog } from './reason-dialog.tsx'

const covers = [
  { value: 'aggregateId', label: 'One instance', asks: 'Instance' },
  { value: 'loopId', label: 'One loop', asks: 'Loop' },
  { value: 'actorId', label: 'One actor', asks: 'Actor' },
  { value: 'tenant', label: 'All of the tenant', asks: null },
  { value: 'everything', label: 'Everything, in all tenants', asks: null },
] as const
type Cover = (typeof covers)[number]['value']

export interface StopDialogProps {
  readonly send: (body: StopRequest) => Promise<void>
  readonly onClose: () => void
}

export function StopDialog({ send, onClose }: StopDialogProps): ReactNode {
  const { scopes } = useSession()
  const [cover, setCover] = useState<Cover>('aggregateId')
  const [id, setId] = useState('')
  const [isWritten, setWritten] = useState(false)
  const known = useKnown(cover, scopes.includes('keys'))
  const target = targetFor(cover, id.trim())
  const doubt = useDoubt(target, isWritten && id.trim() !== '' && !known.includes(id.trim()))
  const asks = covers.find(({ value }) => value === cover)?.asks ?? null
  const offered = covers.filter(
    ({ value }) => value !== 'everything' || scopes.includes('platform'),
  )
  return (
    <ReasonDialog
      title="Stop something"
      explains="Once it is stopped, nothing that it covers commits: no transition, no approval, no effect."
      button="Stop it"
      isDanger
      isReady={asks === null || id.trim() !== ''}
      onClose={onClose}
      send={(reason) => send({ target, reason })}
    >
      <FormGroup label="What" fieldId="stop-cover">
        <FormSelect
          id="stop-cover"
          value={cover}
          onChange={(_, value) => {
            const chosen = covers.find((one) => one.value === value)
            if (chosen) setCover(chosen.value)
          }}
        >
          {offered.map(({ value, label }) => (
            <FormSelectOption key={value} value={value} label={label} />
          ))}
        </FormSelect>
      </FormGroup>
      {asks !== null && (
        <FormGroup label={asks} fieldId="stop-id" isRequired>
          <TextInput
            id="stop-id"
            value={id}
            isRequired
            autoComplete="off"
            list="stop-known"
            onFocus={() => setWritten(false)}
            onBlur={() => setWritten(true)}
            onChange={(_, value) => setId(value)}
          />
          <datalist id="stop-known">
            {known.map((one) => (
              <option key={one} value={one} />
            ))}
          </datalist>
        </FormGroup>
      )}
      {doubt !== null && (
        <Alert isInline isLiveRegion variant="warning" component="p" title={doubt}>
          Is the name right? It can be stopped all the same, for what may come.
        </Alert>
      )}
    </ReasonDialog>
  )
}

/** Looked for once a name is written; nothing here stands in the way of a stop, so that a look that fails says nothing. */
function useDoubt(target: StopRequest['target'], enabled: boolean): string | null {
  const { data = null } = useQuery({
    queryKey: ['doubt', target],
    queryFn: ({ signal }) => doubtOf(target, { signal }),
    enabled,
  })
  return enabled ? data : null
}

/** What can be offered, so that nobody mistypes it in a hurry; what is not offered can be stopped all the same. */
function useKnown(cover: Cover, mayReadKeys: boolean): readonly string[] {
  const loops = useQuery(queryLoops())
  const keys = useInfiniteQuery({ ...queryKeys(), enabled: mayReadKeys })
  if (cover === 'loopId') return loops.data?.map(({ id }) => id) ?? []
  if (cover === 'actorId') return [...new Set(keys.data?.map(({ actor }) => actor.id))]
  return []
}

function targetFor(cover: Cover, id: string): StopRequest['target'] {
  switch (cover) {
    case 'aggregateId':
      return { aggregateId: id }
    case 'loopId':
      return { loopId: id }
    case 'actorId':
      return { actorId: id }
    case 'tenant':
      return { tenant: true }
    case 'everything':
      return { everything: true }
  }
}
