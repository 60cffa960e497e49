import {
  Button,
  Form,
  FormGroup,
  FormSelect,
  FormSelectOption,
  TextInput,
} from '@patternfly/react-core'
import { useQuery } from '@tanstack/react-query'
import { useState, type FormEvent, type ReactNode } from 'react'

import { queryLoops, type ActivityFilter } from '../api/queries.ts'
import { spellOut } from '../show/unseen.ts'

const kinds: readonly (readonly [string, string])[] = [
  ['', 'Everything'],
  ['loop.approval', 'Approvals'],
  ['loop.transition.executed', 'Transitions that were taken'],
  ['loop.transition.blocked', 'Transitions that a guard blocked'],
  ['loop.transition.rejected', 'Transitions that were refused'],
  ['loop.effect', 'Effects'],
  ['loop.started', 'Starts'],
  ['loop.completed', 'Ends'],
  ['loop.failed', 'Failures'],
  ['loop.cancelled', 'Cancellations'],
  ['loop.suspended', 'Suspensions'],
  ['loop.stopped', 'Stops'],
  ['loop.released', 'Releases of stops'],
]

export interface ActivityFiltersProps {
  readonly filter: ActivityFilter
  readonly onChange: (filter: ActivityFilter) => void
}

export function ActivityFilters({ filter, onChange }: ActivityFiltersProps): ReactNode {
  const loops = useQuery(queryLoops())
  const [aggregateId, setAggregateId] = useState(filter.aggregateId ?? '')
  const [actorId, setActorId] = useState(filter.actorId ?? '')
  const set = (part: Partial<Record<keyof ActivityFilter, string>>): void => {
    const all = Object.entries({ ...filter, ...part }).filter(([, value]) => value !== '')
    onChange(Object.fromEntries(all))
  }
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    set({ aggregateId: aggregateId.trim(), actorId: actorId.trim() })
  }
  return (
    <Form className="filters" aria-label="Filter" onSubmit={submit}>
      <FormGroup label="What" fieldId="filter-type">
        <FormSelect
          id="filter-type"
          value={filter.type ?? ''}
          onChange={(_, type) => set({ type })}
        >
          {kinds.map(([value, label]) => (
            <FormSelectOption key={value} value={value} label={label} />
          ))}
        </FormSelect>
      </FormGroup>
      <FormGroup label="Loop" fieldId="filter-loop">
        <FormSelect
          id="filter-loop"
          value={filter.loopId ?? ''}
          onChange={(_, loopId) => set({ loopId })}
        >
          <FormSelectOption value="" label="All loops" />
          {loops.data?.map(({ id, name }) => (
            <FormSelectOption key={id} value={id} label={spellOut(name)} />
          ))}
        </FormSelect>
      </FormGroup>
      <FormGroup label="Instance" fieldId="filter-instance">
        <TextInput
          id="filter-instance"
          value={aggregateId}
          onChange={(_, value) => setAggregateId(value)}
        />
      </FormGroup>
      <FormGroup label="Actor" fieldId="filter-actor">
        <TextInput id="filter-actor" value={actorId} onChange={(_, value) => setActorId(value)} />
      </FormGroup>
      <Button type="submit" variant="secondary">
        Filter
      </Button>
    </Form>
  )
}
