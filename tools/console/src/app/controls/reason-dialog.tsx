import { useState, type ReactNode } from 'react'

import { WordsField } from '../shell/words-field.tsx'
import { Shown } from '../show/shown.tsx'
import { FormDialog, type FormDialogProps } from './form-dialog.tsx'

export interface ReasonDialogProps extends Omit<FormDialogProps, 'send' | 'children'> {
  readonly explains: string
  /** Asked before the reason. */
  readonly children?: ReactNode
  readonly send: (reason: string) => Promise<void>
}

/** Asks for the reason that goes on record, and does it. */
export function ReasonDialog(props: ReasonDialogProps): ReactNode {
  const { explains, children, isReady = true, send, ...dialog } = props
  const [reason, setReason] = useState('')
  return (
    <FormDialog
      {...dialog}
      isReady={isReady && reason.trim() !== ''}
      send={() => send(reason.trim())}
    >
      <p>
        <Shown text={explains} />
      </p>
      {children}
      <WordsField id="reason" label="Reason" isRequired value={reason} onChange={setReason} />
    </FormDialog>
  )
}
