import type { LoopStore } from '@loop-engine/core'
import { expect, test } from 'vitest'

import { createLoopSystem, createMemoryStore, type LoopSystem } from './index.ts'
import { askForPayment, paymentLoop, person } from './payment.fixture.ts'

/** Lets `meanwhile` happen right before the read of that number. */
function interrupted(store: LoopStore, at: number, meanwhile: () => Promise<unknown>): LoopStore {
  let reads = 0
  const pause = async (): Promise<void> => {
    reads += 1
    if (reads === at) await meanwhile()
  }
  return {
    ...store,
    async approval(...query) {
      await pause()
      return store.approval(...query)
    },
    async getRun(...query) {
      await pause()
      return store.getRun(...query)
    },
  }
}

async function open(store: LoopStore): Promise<LoopSystem> {
  return createLoopSystem({ loops: [paymentLoop(2)], store, relay: false })
}

/** A request for two approvals of which alice has given one; bob’s process reads while carol’s decides. */
async function race(at: number, decision: 'approve' | 'reject') {
  const store = createMemoryStore()
  const carols = await open(store)
  const requestId = await askForPayment(carols)
  await carols.approvals.decide({ requestId, decision: 'approve', actor: person('alice') })
  const bobs = await open(
    interrupted(store, at, async () =>
      carols.approvals.decide({ requestId, decision, actor: person('carol') }),
    ),
  )
  const answer = await bobs.approvals.decide({
    requestId,
    decision: 'approve',
    actor: person('bob'),
  })
  const request = await carols.approvals.get({ id: requestId })
  const instance = await carols.engine.get({ aggregateId: 'order-1' })
  return { answer, request, instance }
}

test.each([1, 2, 3])(
  'what one process declines no other executes, whenever it looked (read %i)',
  async (at) => {
    const { answer, request, instance } = await race(at, 'reject')

    expect(answer).toMatchObject({ status: 'refused', reason: 'already_decided' })
    expect(request).toMatchObject({ status: 'rejected' })
    expect(instance).toMatchObject({ currentState: 'ASKED' })
  },
)

test.each([1, 2, 3])('of two last approvals one executes (read %i)', async (at) => {
  const { answer, request, instance } = await race(at, 'approve')

  expect(answer).toMatchObject({ status: 'refused', reason: 'already_decided' })
  expect(request?.decisions.map(({ reviewer }) => reviewer.id)).toEqual(['alice', 'carol'])
  expect(instance).toMatchObject({ currentState: 'PAID' })
})
