import { expect, test } from 'vitest'

import type { ApprovalDecision } from '../../model/approval.ts'
import { noon, waitingRequest } from '../waiting-request.fixture.ts'
import { outcomeText } from './outcome-text.ts'

test('who approved what was edited afterwards is not said to have approved what ran', () => {
  const made = (
    id: string,
    decision: ApprovalDecision['decision'],
    revision: number,
  ): ApprovalDecision => ({
    decision,
    reviewer: { type: 'human', id },
    stage: 0,
    revision,
    at: noon,
  })
  const request = waitingRequest({
    status: 'approved',
    revision: 2,
    decisions: [made('alice', 'approve', 1), made('bob', 'edit', 2), made('carol', 'approve', 2)],
  })

  expect(outcomeText(request).text).toMatch(/^Approved by bob, carol at /)
})
