import type { Instance } from '@loop-engine/client'
import { Button, Label } from '@patternfly/react-core'
import { CheckCircleIcon, ExclamationTriangleIcon } from '@patternfly/react-icons'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'

import { queryVerify } from '../api/queries.ts'
import { Shown } from '../show/shown.tsx'

/** Whether the record of a run is whole: the server hashes it again and judges each entry again. */
export function VerifyBadge({ run }: { readonly run: Instance }): ReactNode {
  const { data, isFetching, error, refetch } = useQuery({
    ...queryVerify(run),
    placeholderData: keepPreviousData,
  })
  return (
    <span className="facts" role="status">
      {/* What was whole before the look that failed may be so no longer. */}
      {error === null && data?.ok === true && (
        <Label color="green" icon={<CheckCircleIcon />}>
          Record verified: {data.entries} entries
        </Label>
      )}
      {data?.ok === false && (
        <Label color="red" icon={<ExclamationTriangleIcon />}>
          Record is not whole: <Shown text={data.faults[0]?.message ?? ''} />
        </Label>
      )}
      {error !== null && <Label color="orange">The record could not be verified</Label>}
      <Button variant="link" size="sm" isLoading={isFetching} onClick={() => void refetch()}>
        Verify again
      </Button>
    </span>
  )
}
