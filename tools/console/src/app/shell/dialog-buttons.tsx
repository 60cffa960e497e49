import { Button, ModalFooter } from '@patternfly/react-core'
import type { ReactNode } from 'react'

export interface DialogButtonsProps {
  /** Begins the ids of its form and buttons. */
  readonly dialog: string
  readonly name: ReactNode
  readonly isDanger: boolean
  readonly isReady: boolean
  readonly isPending: boolean
  readonly onClose: () => void
}

/** What sends the form of a dialog, and what leaves it; what was sent cannot be cancelled any more. */
export function DialogButtons(props: DialogButtonsProps): ReactNode {
  const { dialog, name, isDanger, isReady, isPending, onClose } = props
  return (
    <ModalFooter>
      <Button
        id={`${dialog}-send`}
        type="submit"
        form={`${dialog}-form`}
        variant={isDanger ? 'danger' : 'primary'}
        isDisabled={!isReady}
        isLoading={isPending}
      >
        {name}
      </Button>
      <Button id={`${dialog}-cancel`} variant="link" isDisabled={isPending} onClick={onClose}>
        Cancel
      </Button>
    </ModalFooter>
  )
}
