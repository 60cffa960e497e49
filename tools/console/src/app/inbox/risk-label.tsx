import { Label } from '@patternfly/react-core'
import type { ReactNode } from 'react'

const colors: Readonly<Record<string, 'green' | 'yellow' | 'orange' | 'red'>> = {
  low: 'green',
  medium: 'yellow',
  high: 'orange',
  critical: 'red',
}

export function RiskLabel({ risk }: { readonly risk: string | undefined }): ReactNode {
  if (risk === undefined) return null
  return (
    <Label isCompact color={colors[risk] ?? 'grey'}>
      {risk} risk
    </Label>
  )
}
