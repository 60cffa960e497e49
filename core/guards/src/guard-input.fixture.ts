import type { GuardInput, LoopInstance, Transition } from '@loop-engine/core'

const instance: LoopInstance = {
  tenant: 'acme',
  loopId: 'refund',
  aggregateId: 'order-1',
  runId: 'run-1',
  definition: { version: '1.0.0', digest: 'd'.repeat(64) },
  currentState: 'open',
  status: 'active',
  version: 1,
  stateVersion: 1,
  transitions: 0,
  openApprovals: 0,
  metadata: {},
  tags: [],
  correlationId: null,
  createdAt: 0,
  updatedAt: 0,
  head: '0'.repeat(64),
}
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
    parameters: {},
    now: Date.UTC(2026, 5, 15, 10, 0),
    ...change,
  }
}
