import type { Channel, JsonObject, LoopStore } from '@loop-engine/core'
import { createTestClock } from '@loop-engine/testing'
import { expect, test } from 'vitest'

import { createLoopSystem, createMemoryStore } from './index.ts'
import { askForPayment, paymentLoop, paymentWith, person } from './payment.fixture.ts'

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

test('a card that one process posts while another one decides is updated', async () => {
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

test('a card is updated even if the deciding process, such as the command line, has no channels', async () => {
  const repainted: string[] = []
  const desk: Channel = {
    contract: 'channel/v1',
    name: 'desk',
    notify: async () => ({ card: 1 }),
    update: async (_ref, { status }) => void repainted.push(status),
  }
  const shared = { loops: [paymentLoop(1)], store: createMemoryStore(), relay: false }
  const posting = await createLoopSystem({ ...shared, channels: [desk] })
  const requestId = await askForPayment(posting)
  await posting.relay.drain()

  const deciding = await createLoopSystem(shared)
  await deciding.approvals.decide({ requestId, decision: 'approve', actor: person('alice') })
  await posting.relay.drain()

  expect(repainted).toEqual(['approved'])
})

/** A payment of which the desk is told, and an hour later the pager. */
const escalatedPayment = paymentWith({
  approval: {
    reviewers: ['role:finance'],
    channels: ['desk'],
    escalate: [{ after: '1h', reviewers: ['role:lead'], channels: ['pager'] }],
  },
})

test.each(['after', 'while'])(
  'a card that an escalation posts elsewhere is repainted as well (decided %s it is posted)',
  async (when) => {
    const said: string[] = []
    const channelOf = (name: string): Channel => ({
      contract: 'channel/v1',
      name,
      async notify() {
        said.push(`${name} asks`)
        if (name === 'pager' && when === 'while') await approve()
        return { card: 1 }
      },
      update: async (_ref, { status }) => void said.push(`${name} ${status}`),
    })
    const clock = createTestClock()
    const system = await createLoopSystem({
      loops: [escalatedPayment],
      channels: [channelOf('desk'), channelOf('pager')],
      clock,
      relay: false,
    })
    const requestId = await askForPayment(system)
    const approve = () =>
      system.approvals.decide({ requestId, decision: 'approve', actor: person('alice') })
    await system.relay.drain()
    clock.advance(3_600_000)
    await system.relay.drain()
    if (when === 'after') await approve()
    await system.relay.drain()

    expect(said.slice(0, 2)).toEqual(['desk asks', 'pager asks'])
    expect(said.slice(2).toSorted()).toEqual(['desk approved', 'pager approved'])
  },
)

test('a channel that only an escalation tells, and that keeps no card, is told once', async () => {
  const said: string[] = []
  const channelOf = (name: string): Channel => ({
    contract: 'channel/v1',
    name,
    notify: async () => void said.push(name),
  })
  const clock = createTestClock()
  const system = await createLoopSystem({
    loops: [escalatedPayment],
    channels: [channelOf('desk'), channelOf('pager')],
    clock,
    relay: false,
  })
  const requestId = await askForPayment(system)
  await system.relay.drain()
  clock.advance(3_600_000)
  await system.relay.drain()
  const actor = person('alice')
  await system.approvals.decide({ requestId, decision: 'abstain', actor })
  await system.relay.drain()

  expect(said.filter((name) => name === 'pager')).toHaveLength(1)
})

test('no card shows an approval that the record shows as a rejection', async () => {
  const repainted: string[] = []
  const desk: Channel = {
    contract: 'channel/v1',
    name: 'desk',
    notify: async () => ({ card: 1 }),
    update: async (_ref, { status }) => void repainted.push(status),
  }
  const kept = createMemoryStore()
  let isChanged = false
  const store: LoopStore = {
    ...kept,
    async approval(...which) {
      const request = await kept.approval(...which)
      return request && isChanged ? { ...request, status: 'approved' } : request
    },
  }
  const system = await createLoopSystem({
    loops: [paymentLoop(1)],
    channels: [desk],
    store,
    relay: false,
  })
  const requestId = await askForPayment(system)
  await system.relay.drain()
  await system.approvals.decide({ requestId, decision: 'reject', actor: person('alice') })
  isChanged = true

  await system.relay.drain()

  expect(repainted).toEqual([])
  expect((await system.relay.deadLetters()).items).toMatchObject([
    { error: expect.stringContaining('corrupt') },
  ])
})
