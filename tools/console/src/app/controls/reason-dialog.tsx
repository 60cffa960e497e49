import {
  Button,
  Form,
  FormGroup,
  Modal,
  ModalBody,
  ModalFooter,
  ModalHeader,
  TextArea,
} from '@patternfly/react-core'
import { useMutation } from '@tanstack/react-query'
import { useState, type FormEvent, type ReactNode } from 'react'

import { ProblemNote } from '../show/problem-note.tsx'
import { Shown } from '../show/shown.tsx'

export interface ReasonDialogProps {
  readonly title: string
  readonly explains: string
  readonly button: string
  readonly isDanger?: boolean
  /** Asked before the reason. */
  readonly children?: ReactNode
  readonly isReady?: boolean
  readonly send: (reason: string) => Promise<void>
  readonly onClose: () => void
}

/** Asks for the reason that goes on record, and does it. */
export function ReasonDialog(props: ReasonDialogProps): ReactNode {
  const { title, explains, button, isDanger = false, children, isReady = true, onClose } = props
  const [reason, setReason] = useState('')
  const { mutate, error, isPending } = useMutation({
    mutationFn: () => props.send(reason.trim()),
    onSuccess: onClose,
  })
  const ready = isReady && reason.trim() !== '' && !isPending
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    if (ready) mutate()
  }
  return (
    <Modal isOpen variant="small" onClose={onClose} aria-labelledby="reason-title">
      <ModalHeader labelId="reason-title" title={title} />
      <ModalBody>
        <Form id="reason-form" onSubmit={submit}>
          <ProblemNote error={error} />
          <p>
            <Shown text={explains} />
          </p>
          {children}
          <FormGroup label="Reason" fieldId="reason" isRequired>
            <TextArea
              id="reason"
              value={reason}
              isRequired
              maxLength={4096}
              onChange={(_, value) => setReason(value)}
            />
          </FormGroup>
        </Form>
      </ModalBody>
      <ModalFooter>
        <Button
          type="submit"
          form="reason-form"
          variant={isDanger ? 'danger' : 'primary'}
          isDisabled={!ready}
          isLoading={isPending}
        >
          {button}
        </Button>
        <Button variant="link" onClick={onClose}>
          Cancel
        </Button>
      </ModalFooter>
    </Modal>
  )
}
