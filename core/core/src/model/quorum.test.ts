import { expect, test } from 'vitest'

import type { ApprovalDecision } from './approval.ts'
import { quorumOf } from './quorum.ts'

test('only approvals of the revision and the stage that wait count', () => {
  const vote = { decision: 'approve', stage: 1, revision: 2, at: 0 } as const
  const by = (id: string, more: Partial<ApprovalDecision> = {}): ApprovalDecision => ({
    reviewer: { type: 'human', id },
    ...vote,
    ...more,
  })
  const decisions = [
    by('alice', { revision: 1 }),
    by('bob', { decision: 'edit' }),
    by('carol', { stage: 0 }),
    by('dora', { decision: 'abstain' }),
  ]
  const policy = { stages: [{ quorum: 1 }, { quorum: 2 }] }

  expect(quorumOf({ policy, decisions, revision: 2, stage: 1 })).toEqual({ given: 1, needed: 2 })
})
