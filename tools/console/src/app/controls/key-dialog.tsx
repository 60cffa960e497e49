import type { NewKey } from '@loop-engine/client'
import { Checkbox, FormGroup, Radio, TextInput } from '@patternfly/react-core'
import { useState, type ReactNode } from 'react'

import { useSession } from '../shell/session-gate.tsx'
import { FormDialog } from './form-dialog.tsx'

/** What a program can need; people alone decide, release and manage keys. */
const offered = ['read', 'run', 'stop', 'operate', 'export'] as const
type Scope = (typeof offered)[number]

export interface KeyDialogProps {
  readonly send: (body: NewKey) => Promise<void>
  readonly onClose: () => void
}

export function KeyDialog({ send, onClose }: KeyDialogProps): ReactNode {
  const own = useSession().scopes
  const [name, setName] = useState('')
  const [id, setId] = useState('')
  const [type, setType] = useState<'automation' | 'ai-agent'>('automation')
  const [scopes, setScopes] = useState<readonly Scope[]>(['read', 'run'])
  const isReady = name.trim() !== '' && id.trim() !== '' && scopes.length > 0
  return (
    <FormDialog
      title="Make a key"
      button="Make it"
      isReady={isReady}
      send={() => send({ name: name.trim(), actor: { type, id: id.trim() }, scopes })}
      onClose={onClose}
    >
      <FormGroup label="Name" fieldId="key-name" isRequired>
        <TextInput id="key-name" value={name} isRequired onChange={(_, text) => setName(text)} />
      </FormGroup>
      <FormGroup label="For" role="radiogroup" fieldId="key-type" isStack>
        <Radio
          id="key-program"
          name="key-type"
          label="A program"
          isChecked={type === 'automation'}
          onChange={() => setType('automation')}
        />
        <Radio
          id="key-agent"
          name="key-type"
          label="An AI agent"
          isChecked={type === 'ai-agent'}
          onChange={() => setType('ai-agent')}
        />
      </FormGroup>
      <FormGroup label="Its id on record" fieldId="key-actor" isRequired>
        <TextInput id="key-actor" value={id} isRequired onChange={(_, text) => setId(text)} />
      </FormGroup>
      <FormGroup label="It may" role="group" fieldId="key-scopes" isStack>
        {offered.map((scope) => (
          <Checkbox
            key={scope}
            id={`key-scope-${scope}`}
            label={scope}
            isDisabled={!own.includes(scope)}
            isChecked={scopes.includes(scope)}
            onChange={(_, checked) =>
              setScopes(checked ? [...scopes, scope] : scopes.filter((one) => one !== scope))
            }
          />
        ))}
      </FormGroup>
    </FormDialog>
  )
}
