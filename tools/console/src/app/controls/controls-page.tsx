import { PageSection, Stack } from '@patternfly/react-core'
import type { ReactNode } from 'react'

import { useLive } from '../shell/live.tsx'
import { PageHead } from '../shell/page-head.tsx'
import { DeadLetters } from './dead-letters.tsx'
import { Keys } from './keys.tsx'
import { KillSwitch } from './kill-switch.tsx'

/** Stop it, mend what was given up, and say which programs may come in. */
export function ControlsPage(): ReactNode {
  useLive({ filter: {}, stale: [['stops'], ['dead-letters']] })
  return (
    <>
      <PageHead title="Controls" />
      <PageSection>
        <Stack hasGutter>
          <KillSwitch />
          <DeadLetters />
          <Keys />
        </Stack>
      </PageSection>
    </>
  )
}
