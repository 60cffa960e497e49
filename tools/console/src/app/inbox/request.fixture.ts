import type { ApprovalRequest } from '@loop-engine/client'

/** Waits for two of finance, and whom it was handed on to. */
export const request = {
  status: 'pending',
  stage: 0,
  revision: 1,
  policy: { stages: [{ reviewers: ['role:finance'], quorum: 2 }], fourEyes: true },
  escalated: ['group:oncall'],
  delegations: [{ from: 'alice', to: 'bob', stage: 0, at: 0 }],
  decisions: [] as ApprovalRequest['decisions'],
  view: { transition: { id: 'pay', from: 'A', to: 'B' } },
} as unknown as ApprovalRequest

/** A decision as a request keeps it. */
export function by(
  id: string,
  decision: 'approve' | 'abstain',
): ApprovalRequest['decisions'][number] {
  return { decision, reviewer: { type: 'human', id }, stage: 0, revision: 1, at: 0 }
}
