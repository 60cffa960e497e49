import type { Channel, JsonObject, LoopStore } from '@loop-engine/core'
import { expect, test } from 'vitest'

import { createLoopSystem, createMemoryStore, defineLoop } from './index.ts'

const loop = defineLoop({
  id: 'payment',
  version: '1.0.0',
  states: [{ id: 'ASKED' }, { id: 'PAID', terminal: true }],
  initialState: 'ASKED',
  transitions: [
    {
      id: 'pay',
      from: 'ASKED',
      to: 'PAID',
      actors: ['ai-agent'],
      approval: { reviewers: ['role:finance'], expiresIn: '2h' },
    },
  ],
})
const agent = { type: 'ai-agent', id: 'agent:payer' } as const
const reviewer = { type: 'human', id: 'alice', roles: ['finance'] } as const

/** A store whose first commit waits until `meanwhile` has happened elsewhere. */
function commitsAfter(store: LoopStore, meanwhile: () => Promise<unknown>): LoopStore {
  let isFirst = true
  return {
    ...store,
    async commit(plans) {
      if (isFirst) await meanwhile()
      isFirst = false
      return store.commit(plans)
    },
  }
}

test('a card that one process posts while another one decides is repainted', async () => {
  const repainted: { ref: JsonObject; status: string }[] = []
  const desk: Channel = {
    contract: 'channel/v1',
    name: 'desk',
    notify: async () => ({ card: 1 }),
    update: async (ref, { status }) => void repainted.push({ ref, status }),
  }
  const store = createMemoryStore()
  const shared = { loops: [loop], channels: [desk], relay: false }
  const posting = await createLoopSystem({ ...shared, store })
  await posting.engine.start({ loopId: 'payment', aggregateId: 'order-1', actor: agent })
  const asked = await posting.engine.transition({
    aggregateId: 'order-1',
    transitionId: 'pay',
    actor: agent,
  })
  const requestId = asked.status === 'pending_approval' ? asked.approvalId : ''
  const deciding = await createLoopSystem({
    ...shared,
    store: commitsAfter(store, () => posting.relay.drain()),
  })

  const decided = await deciding.approvals.decide({
    requestId,
    decision: 'approve',
    actor: reviewer,
  })
  await posting.relay.drain()

  expect(decided.status).toBe('executed')
  expect(repainted).toEqual([{ ref: { card: 1 }, status: 'approved' }])
})
