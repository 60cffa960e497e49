import { principalIds } from '@loop-engine/actors'
import {
  approvalsOf,
  delegatorsOf,
  type ApprovalRequest,
  type LedgerEntry,
} from '@loop-engine/core'

type Approvers = Pick<
  NonNullable<LedgerEntry['approval']>,
  'reviewers' | 'handedOnBy' | 'onBehalfOf'
>

/** Everybody on whose word an approved request rests, as the entry that executes it names them. */
export function approversOf(request: ApprovalRequest): Approvers {
  const votes = approvalsOf(request)
  const handedOnBy = votes.flatMap((vote) => vote.handedOnBy ?? [])
  const onBehalfOf = votes
    .flatMap((vote) => [vote.reviewer, ...delegatorsOf(request, vote)])
    .flatMap((principal) => principalIds(principal).slice(1))
  return {
    reviewers: votes.map(({ reviewer }) => reviewer.id),
    ...(handedOnBy.length > 0 && { handedOnBy }),
    ...(onBehalfOf.length > 0 && { onBehalfOf }),
  }
}
