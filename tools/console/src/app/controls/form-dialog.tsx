import { Form, Modal, ModalBody, ModalHeader } from '@patternfly/react-core'
import { useMutation } from '@tanstack/react-query'
import type { FormEvent, ReactNode } from 'react'

import { DialogButtons } from '../shell/dialog-buttons.tsx'
import { ProblemNote } from '../show/problem-note.tsx'

export interface FormDialogProps {
  readonly title: string
  readonly button: string
  readonly isDanger?: boolean
  /** Whether all that is needed is filled in. */
  readonly isReady?: boolean
  readonly send: () => Promise<void>
  readonly onClose: () => void
  readonly children: ReactNode
}

/** Asks before something is done, does it, and closes; what goes wrong is said where it was asked. */
export function FormDialog(props: FormDialogProps): ReactNode {
  const { title, button, isDanger = false, isReady = true, send, onClose, children } = props
  const { mutate, error, isPending } = useMutation({ mutationFn: send, onSuccess: onClose })
  const ready = isReady && !isPending
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    if (ready) mutate()
  }
  return (
    <Modal
      isOpen
      variant="small"
      // What was sent cannot be cancelled any more; it is answered here.
      onClose={isPending ? undefined : onClose}
      aria-labelledby="dialog-title"
      elementToFocus="#dialog-form :is(select, input, textarea), #dialog-cancel"
    >
      <ModalHeader labelId="dialog-title" title={title} />
      <ModalBody>
        <Form id="dialog-form" onSubmit={submit}>
          <ProblemNote error={error} />
          {children}
        </Form>
      </ModalBody>
      <DialogButtons
        dialog="dialog"
        name={button}
        isDanger={isDanger}
        isReady={ready}
        isPending={isPending}
        onClose={onClose}
      />
    </Modal>
  )
}
