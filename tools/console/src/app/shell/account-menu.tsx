import {
  Dropdown,
  DropdownGroup,
  DropdownItem,
  DropdownList,
  MenuToggle,
} from '@patternfly/react-core'
import { UserIcon } from '@patternfly/react-icons'
import { useState, type ReactNode } from 'react'

import { server } from '../api/server.ts'
import { Shown } from '../show/shown.tsx'
import { spellOut } from '../show/unseen.ts'
import { useSession } from './session-gate.tsx'

/** Who is logged in here, with which roles, and the way out. */
export function AccountMenu(): ReactNode {
  const { actor, tenant } = useSession()
  const [open, setOpen] = useState(false)
  const name = actor.displayName ?? actor.id
  const leave = async (): Promise<void> => {
    await server.session.end().catch(() => undefined)
    // Nothing that was read stays behind.
    location.replace('/')
  }
  return (
    <Dropdown
      isOpen={open}
      onOpenChange={setOpen}
      onSelect={() => setOpen(false)}
      popperProps={{ position: 'right' }}
      toggle={(ref) => (
        <MenuToggle
          ref={ref}
          className="account"
          isExpanded={open}
          icon={<UserIcon />}
          aria-label={`Account of ${spellOut(name)}`}
          onClick={() => setOpen(!open)}
        >
          <Shown text={name} />
        </MenuToggle>
      )}
    >
      <DropdownGroup label={`Tenant ${tenant}`}>
        <DropdownList>
          <DropdownItem isDisabled description={(actor.roles ?? []).join(', ') || 'No roles'}>
            Your roles
          </DropdownItem>
          <DropdownItem onClick={() => void leave()}>Log out</DropdownItem>
        </DropdownList>
      </DropdownGroup>
    </Dropdown>
  )
}
