import type { ApprovalRequest } from '@loop-engine/client'
import { DescriptionList } from '@patternfly/react-core'
import type { ReactNode } from 'react'

import { Data } from '../show/data.tsx'
import { Item } from '../show/item.tsx'
import { Shown } from '../show/shown.tsx'

/** What an approval sets going: what its author says of it, the change of state, and the very input of what then runs. */
export function WhatRuns({ request }: { readonly request: ApprovalRequest }): ReactNode {
  const { transition, effect } = request.view
  return (
    <DescriptionList isHorizontal isCompact>
      {transition.description !== undefined && (
        <Item term="Means">
          <Shown text={transition.description} />
        </Item>
      )}
      <Item term="Changes state">
        <Shown text={transition.from} /> → <Shown text={transition.to} />
      </Item>
      {effect === undefined ? (
        <Item term="Runs">Nothing outside: only the state changes.</Item>
      ) : (
        <>
          <Item term="Runs">
            <code>
              <Shown text={`${effect.integration}.${effect.action}`} />
            </code>
          </Item>
          <Item term="With">
            <Data value={effect.input} />
          </Item>
        </>
      )}
    </DescriptionList>
  )
}
