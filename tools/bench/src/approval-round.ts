import type { Actor } from '@loop-engine/core'
import { defineLoop, type LoopSystem } from '@loop-engine/sdk'

import { agent, smallEvidence } from './bench-loop.ts'

const reviewer: Actor = { type: 'human', id: 'alice', roles: ['finance'] }

/** A loop with one transition that one person has to approve. */
export const approvalLoop = defineLoop({
  id: 'bench.approval',
  states: [{ id: 'ASKED' }, { id: 'DONE', terminal: true }],
  initialState: 'ASKED',
  transitions: [
    {
      id: 'act',
      from: 'ASKED',
      to: 'DONE',
      actors: ['ai-agent'],
      approval: { reviewers: ['role:finance'], expiresIn: '2h' },
    },
  ],
})

/** Milliseconds from the moment a person's decision is sent until the agent that waits for it goes on. */
export async function approvalRound(
  { engine, approvals }: LoopSystem,
  aggregateId: string,
): Promise<number> {
  await engine.start({ loopId: approvalLoop.id, aggregateId, actor: agent })
  const asked = await engine.transition({
    aggregateId,
    transitionId: 'act',
    actor: agent,
    evidence: { ...smallEvidence },
  })
  if (asked.status !== 'pending_approval') throw new Error(asked.status)
  const requestId = asked.approvalId
  const released = approvals.wait({ requestId }).then(() => performance.now())
  // Lets the agent begin to wait before anybody decides.
  await new Promise(setImmediate)
  const sent = performance.now()
  const decided = await approvals.decide({ requestId, decision: 'approve', actor: reviewer })
  if (decided.status !== 'executed') throw new Error(decided.status)
  return (await released) - sent
}
