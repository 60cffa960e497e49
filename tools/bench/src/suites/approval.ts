import type { Actor } from '@loop-engine/core'
import { createSqliteStore } from '@loop-engine/integration-sqlite'
import { createLoopSystem, defineLoop } from '@loop-engine/sdk'

import { agent, smallEvidence } from '../bench-loop.ts'
import type { Suite } from '../figure.ts'
import { median } from '../measure.ts'
import { openRaw } from '../raw-sqlite.ts'
import { temporaryFile } from '../temporary.ts'

const reviewer: Actor = { type: 'human', id: 'alice', roles: ['finance'] }
const loop = defineLoop({
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

/** From the moment a person's decision is sent until the agent that waits for it goes on. */
export const approval: Suite = async ({ quick }) => {
  const count = quick ? 50 : 1500
  const system = await createLoopSystem({
    loops: [loop],
    store: createSqliteStore({ path: temporaryFile(), durability: 'power' }),
    relay: false,
  })
  const raw = openRaw(temporaryFile(), 'FULL')
  const round = async (aggregateId: string): Promise<number> => {
    await system.engine.start({ loopId: loop.id, aggregateId, actor: agent })
    const asked = await system.engine.transition({
      aggregateId,
      transitionId: 'act',
      actor: agent,
      evidence: { ...smallEvidence },
    })
    if (asked.status !== 'pending_approval') throw new Error(asked.status)
    const released = system.approvals
      .wait({ requestId: asked.approvalId })
      .then(() => performance.now())
    // The agent is waiting before anybody decides.
    await new Promise(setImmediate)
    const sent = performance.now()
    const decided = await system.approvals.decide({
      requestId: asked.approvalId,
      decision: 'approve',
      actor: reviewer,
    })
    if (decided.status !== 'executed') throw new Error(decided.status)
    return (await released) - sent
  }
  const ours: number[] = []
  const baseline: number[] = []
  for (let index = 0; index < count; index++) {
    const took = await round(`case-${index}`)
    const start = performance.now()
    await raw.work(1)
    // The first tenth warms up.
    if (index < count / 10) continue
    ours.push(took * 1000)
    baseline.push((performance.now() - start) * 1000)
  }
  raw.done()
  await system.close()
  return [
    {
      suite: 'approval',
      name: 'decision sent → waiting agent goes on, p50',
      ours: median(ours),
      baseline: median(baseline),
      unit: 'µs',
      against: 'hand-written three-row transaction, p50',
      target: { atMost: 2 },
      conditions: 'SQLite WAL, synchronous=FULL, durability power, one process',
    },
  ]
}
