import type { ApprovalRequest } from '@loop-engine/client'
import {
  Checkbox,
  FormGroup,
  FormHelperText,
  HelperText,
  HelperTextItem,
  TextArea,
} from '@patternfly/react-core'
import { useState, type ReactNode } from 'react'

import { Changes } from '../show/changes.tsx'
import { differencesOf } from '../show/difference.ts'
import { spellOut } from '../show/unseen.ts'
import { readField, textOf } from './evidence-field.ts'

export interface EvidenceFormState {
  readonly before: Readonly<Record<string, unknown>>
  readonly texts: Readonly<Record<string, string>>
  readonly set: (name: string, text: string) => void
  /** The whole evidence as it should be; null while a field cannot be read, or nothing is changed. */
  readonly edits: Readonly<Record<string, unknown>> | null
}

/** One field for each member of the evidence; types stay what they are. */
export function useEvidenceForm({ evidence }: ApprovalRequest): EvidenceFormState {
  const before = evidence ?? {}
  const [texts, setTexts] = useState(() =>
    Object.fromEntries(Object.entries(before).map(([name, value]) => [name, textOf(value)])),
  )
  const read = Object.entries(before).map(
    ([name, value]) => [name, readField(texts[name] ?? '', value)] as const,
  )
  const after = Object.fromEntries(read.map(([name, field]) => [name, field.value]))
  const good = read.every(([, { problem }]) => problem === undefined)
  return {
    before,
    texts,
    set: (name, text) => setTexts({ ...texts, [name]: text }),
    edits: good && differencesOf(before, after).length > 0 ? after : null,
  }
}

export function EvidenceForm({ form }: { readonly form: EvidenceFormState }): ReactNode {
  const { before, texts, set, edits } = form
  return (
    <>
      {Object.entries(before).map(([name, value], index) => (
        <Field
          key={name}
          id={`evidence-${index}`}
          name={name}
          before={value}
          text={texts[name] ?? ''}
          onChange={(text) => set(name, text)}
        />
      ))}
      <div role="status">
        <h2>What you change</h2>
        <Changes changes={edits ? differencesOf(before, edits) : []} />
      </div>
    </>
  )
}

interface FieldProps {
  readonly id: string
  readonly name: string
  readonly before: unknown
  readonly text: string
  readonly onChange: (text: string) => void
}

function Field({ id, name, before, text, onChange }: FieldProps): ReactNode {
  if (typeof before === 'boolean')
    return (
      <Checkbox
        id={id}
        label={spellOut(name)}
        isChecked={text === 'true'}
        onChange={(_, checked) => onChange(`${checked}`)}
      />
    )
  const { problem } = readField(text, before)
  const unseen = typeof before === 'string' && spellOut(text) !== text
  return (
    <FormGroup label={spellOut(name)} fieldId={id}>
      <TextArea
        id={id}
        value={text}
        rows={1}
        autoResize
        spellCheck={false}
        validated={problem === undefined ? 'default' : 'error'}
        aria-describedby={`${id}-help`}
        onChange={(_, value) => onChange(value)}
      />
      <FormHelperText>
        <HelperText id={`${id}-help`} isLiveRegion>
          {problem !== undefined && <HelperTextItem variant="error">{problem}</HelperTextItem>}
          {unseen && (
            <HelperTextItem variant="warning">
              Holds what cannot be seen: {spellOut(text)}
            </HelperTextItem>
          )}
        </HelperText>
      </FormHelperText>
    </FormGroup>
  )
}
