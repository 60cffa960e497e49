import { Button, Modal, ModalBody, ModalFooter, ModalHeader } from '@patternfly/react-core'
import { useMutation } from '@tanstack/react-query'
import type { ReactNode } from 'react'

import { ProblemNote } from '../show/problem-note.tsx'
import { Shown } from '../show/shown.tsx'

export interface SureDialogProps {
  readonly title: string
  readonly explains: string
  readonly button: string
  readonly isDanger: boolean
  readonly send: () => Promise<void>
  readonly onClose: () => void
}

/** Asks once more before something that cannot be taken back. */
export function SureDialog(props: SureDialogProps): ReactNode {
  const { title, explains, button, isDanger, send, onClose } = props
  const { mutate, error, isPending } = useMutation({ mutationFn: send, onSuccess: onClose })
  return (
    <Modal isOpen variant="small" onClose={onClose} aria-labelledby="sure-title">
      <ModalHeader labelId="sure-title" title={title} />
      <ModalBody>
        <ProblemNote error={error} />
        <Shown text={explains} />
      </ModalBody>
      <ModalFooter>
        <Button
          variant={isDanger ? 'danger' : 'primary'}
          isLoading={isPending}
          isDisabled={isPending}
          onClick={() => mutate()}
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
