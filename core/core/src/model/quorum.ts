import { approvalsOf, type ApprovalRequest } from './approval.ts'

/** The parts of a request that quorums need; clients of the server know no more of its policy. */
interface Voted extends Pick<ApprovalRequest, 'decisions' | 'revision' | 'stage'> {
  readonly policy: { readonly stages: readonly { readonly quorum: number }[] }
}

/** How many approvals count at the stage that waits, and how many it needs. */
export function quorumOf(request: Voted): { readonly given: number; readonly needed: number } {
  const { policy, stage } = request
  const given = approvalsOf(request).filter((vote) => vote.stage === stage).length
  return { given, needed: policy.stages[stage]?.quorum ?? 1 }
}

/** The first stage without its quorum, by the votes that count now; -1 when every stage has its quorum. */
export function waitingStage(
  request: Pick<ApprovalRequest, 'decisions' | 'revision' | 'policy'>,
): number {
  const votes = approvalsOf(request)
  return request.policy.stages.findIndex(
    ({ quorum }, index) => votes.filter(({ stage }) => stage === index).length < quorum,
  )
}
