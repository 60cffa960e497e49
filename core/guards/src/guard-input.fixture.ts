import type { GuardInput, Transition } from '@loop-engine/core'
import { startPlan } from '@loop-engine/testing'

const { instance } = startPlan({ loopId: 'refund', runId: 'run-1', createdAt: 0, updatedAt: 0 })
const transition: Transition = {
  id: 'pay',
  from: 'open',
  to: 'paid',
  signal: 'pay',
  actors: ['human'],
  guards: [],
}

/** One attempt as a guard sees it; a test says what is different. */
export function guardInput(change: Partial<GuardInput> = {}): GuardInput {
  return {
    instance,
    transition,
    actor: { type: 'human', id: 'alice' },
    evidence: {},
    guardId: 'guard',
    parameters: {},
    now: Date.UTC(2026, 5, 15, 10, 0),
    ...change,
  }
}
