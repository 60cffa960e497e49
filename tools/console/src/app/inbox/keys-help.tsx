import {
  Button,
  DescriptionList,
  Modal,
  ModalBody,
  ModalFooter,
  ModalHeader,
  Switch,
} from '@patternfly/react-core'
import { useState, type ReactNode } from 'react'

import { keysAreOn, turnKeys } from '../shell/keys.ts'
import { Item } from '../show/item.tsx'
import type { Action } from './decisions.ts'

const always: readonly (readonly [string, string])[] = [
  ['j', 'Next request'],
  ['k', 'Request before'],
  ['x', 'Choose for a batch'],
  ['u', 'Back to the list'],
  ['?', 'This help'],
]

export function KeysHelp({
  actions,
  onClose,
}: {
  readonly actions: readonly Action[]
  readonly onClose: () => void
}): ReactNode {
  const [on, setOn] = useState(keysAreOn)
  return (
    <Modal isOpen variant="small" onClose={onClose} aria-labelledby="keys-title">
      <ModalHeader labelId="keys-title" title="Keys" />
      <ModalBody>
        <Switch
          id="keys-on"
          label="Single keys do something"
          isChecked={on}
          onChange={(_, checked) => {
            turnKeys(checked)
            setOn(checked)
          }}
        />
        <DescriptionList isHorizontal isCompact>
          {[...always, ...actions.map(({ key, name }) => [key, name] as const)].map(
            ([key, name]) => (
              <Item key={key} term={name}>
                <kbd>{key}</kbd>
              </Item>
            ),
          )}
        </DescriptionList>
      </ModalBody>
      <ModalFooter>
        <Button onClick={onClose}>Close</Button>
      </ModalFooter>
    </Modal>
  )
}
