import type { Channel, JsonObject, LoopStore } from '@loop-engine/core'
import { expect, test } from 'vitest'

import { createLoopSystem, createMemoryStore } from './index.ts'
import { askForPayment, paymentLoop, person } from './payment.fixture.ts'

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
  const shared = { loops: [paymentLoop(1)], channels: [desk], relay: false }
  const posting = await createLoopSystem({ ...shared, store })
  const requestId = await askForPayment(posting)
  const deciding = await createLoopSystem({
    ...shared,
    store: commitsAfter(store, () => posting.relay.drain()),
  })

  const decided = await deciding.approvals.decide({
    requestId,
    decision: 'approve',
    actor: person('alice'),
  })
  await posting.relay.drain()

  expect(decided.status).toBe('executed')
  expect(repainted).toEqual([{ ref: { card: 1 }, status: 'approved' }])
})
