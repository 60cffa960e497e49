import type { ApprovalRequest } from '@loop-engine/client'
import {
  Button,
  Checkbox,
  Toolbar,
  ToolbarContent,
  ToolbarGroup,
  ToolbarItem,
} from '@patternfly/react-core'
import { useState, type ReactNode } from 'react'

import { useSession } from '../shell/session-gate.tsx'
import { BatchDialog } from './batch-dialog.tsx'

export interface BatchBarProps {
  readonly list: readonly ApprovalRequest[]
  readonly chosen: readonly ApprovalRequest[]
  readonly onChoose: (ids: readonly string[]) => void
  readonly onHelp: () => void
}

/** The most that the server takes in one batch. */
const most = 100

/** Several at once. */
export function BatchBar({ list, chosen, onChoose, onHelp }: BatchBarProps): ReactNode {
  const [open, setOpen] = useState<{
    readonly decision: 'approve' | 'reject'
    readonly requests: readonly ApprovalRequest[]
  } | null>(null)
  const isDisabled = !useSession().scopes.includes('decide')
  const all = list.length > 0 && chosen.length === Math.min(list.length, most)
  const begin = (decision: 'approve' | 'reject'): void => setOpen({ decision, requests: chosen })
  return (
    <Toolbar isStatic aria-label="Batch">
      <ToolbarContent>
        <ToolbarItem alignSelf="center">
          <Checkbox
            id="choose-all"
            label={chosen.length === 0 ? 'Choose all shown' : `${chosen.length} chosen`}
            isChecked={all ? true : chosen.length > 0 ? null : false}
            isDisabled={list.length === 0}
            onChange={() => onChoose(all ? [] : list.slice(0, most).map(({ id }) => id))}
          />
        </ToolbarItem>
        {chosen.length > 0 && (
          <ToolbarGroup>
            <ToolbarItem>
              <Button size="sm" isDisabled={isDisabled} onClick={() => begin('approve')}>
                Approve {chosen.length}
              </Button>
            </ToolbarItem>
            <ToolbarItem>
              <Button
                size="sm"
                variant="danger"
                isDisabled={isDisabled}
                onClick={() => begin('reject')}
              >
                Reject {chosen.length}
              </Button>
            </ToolbarItem>
          </ToolbarGroup>
        )}
        <ToolbarItem align={{ default: 'alignEnd' }}>
          <Button size="sm" variant="link" onClick={onHelp}>
            Keys
          </Button>
        </ToolbarItem>
      </ToolbarContent>
      {open && (
        <BatchDialog
          {...open}
          onClose={() => {
            setOpen(null)
            onChoose([])
          }}
        />
      )}
    </Toolbar>
  )
}
