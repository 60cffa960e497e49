import type { DecisionIntake } from '@loop-engine/core'
import type { DecisionAnswer } from '@loop-engine/core/decision-page'
import { approvalRequest, startPlan } from '@loop-engine/testing'

import { codeOf, withBoard, type Board } from './board.fixture.ts'
import type { FakeIncident } from './fake-answers.fixture.ts'
import type { PagerDutyOptions } from './index.ts'

export const request = approvalRequest(startPlan().instance)
export const context = { signal: new AbortController().signal, idempotencyKey: 'notice-1' }

export interface Opened extends Board {
  readonly incident: FakeIncident
  readonly decisions: DecisionIntake[]
  readonly code: string
}

/** One incident that waits for a decision, and the decisions so far. */
export function paged(
  walk: (opened: Opened) => Promise<void>,
  {
    answer = { status: 'recorded' },
    ...options
  }: Partial<PagerDutyOptions> & { readonly answer?: DecisionAnswer } = {},
): Promise<void> {
  const decisions: DecisionIntake[] = []
  const decide: PagerDutyOptions['decide'] = async (decision) => {
    decisions.push(decision)
    return answer
  }
  return withBoard({ decide, ...options }, async (board) => {
    await board.channel.notify(request, request.view, context)
    const [incident] = board.fake.incidents
    if (!incident) throw new Error('no incident was opened')
    await walk({ ...board, incident, decisions, code: codeOf(incident) })
  })
}
