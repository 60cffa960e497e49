import { FormGroup, TextArea } from '@patternfly/react-core'
import type { ReactNode } from 'react'

export interface WordsFieldProps {
  readonly id: string
  readonly label: string
  readonly isRequired: boolean
  readonly value: string
  readonly onChange: (words: string) => void
}

/** Asks for words that go on record, such as a reason. */
export function WordsField(props: WordsFieldProps): ReactNode {
  const { id, label, isRequired, value, onChange } = props
  return (
    <FormGroup label={label} fieldId={id} isRequired={isRequired}>
      <TextArea
        id={id}
        value={value}
        isRequired={isRequired}
        maxLength={4096}
        autoResize
        onChange={(_, words) => onChange(words)}
      />
    </FormGroup>
  )
}
