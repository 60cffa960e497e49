import type { Channel, EventSink } from '@loop-engine/core'
import { createTestClock } from '@loop-engine/testing'
import { expect, test } from 'vitest'

import { bankThat } from './bank.fixture.ts'
import { createLoopSystem, defineLoop } from './index.ts'

const agent = { type: 'ai-agent', id: 'agent:payer' } as const

const payment = defineLoop({
  id: 'payment',
  states: ['OPEN', { id: 'PAID', terminal: true }],
  initialState: 'OPEN',
  transitions: [
    {
      id: 'pay',
      from: 'OPEN',
      to: 'PAID',
      actors: ['ai-agent'],
      effect: { integration: 'bank', action: 'pay', semantics: 'idempotent', timeout: '1h' },
    },
    {
      id: 'ask',
      from: 'OPEN',
      to: 'PAID',
      actors: ['ai-agent'],
      approval: { reviewers: ['role:finance'], expiresIn: '10m' },
    },
  ],
})

/** Counts, and tells when a count is reached. */
function createCounter(): {
  add(): void
  readonly count: number
  reach(count: number): Promise<void>
} {
  const reached = [1, 2, 3].map(() => Promise.withResolvers<void>())
  let count = 0
  return {
    add: () => reached[count++]?.resolve(),
    get count() {
      return count
    },
    reach: async (wanted) => reached[wanted - 1]?.promise,
  }
}

test('slow effects fill only their own places, and hold up neither notices nor timers', async () => {
  const clock = createTestClock()
  const answer = Promise.withResolvers<void>()
  const [paying, asked] = [createCounter(), createCounter()]
  const bank = bankThat(async () => {
    paying.add()
    await answer.promise
  })
  const desk: Channel = {
    contract: 'channel/v1',
    name: 'desk',
    notify: async () => asked.add(),
  }
  const { engine, approvals, close } = await createLoopSystem({
    loops: [payment],
    integrations: [bank],
    channels: [desk],
    clock,
    limits: { concurrency: 2 },
  })
  const order = async (aggregateId: string, transitionId: string) => {
    await engine.start({ loopId: 'payment', aggregateId, actor: agent })
    return engine.transition({ aggregateId, transitionId, actor: agent })
  }
  for (const id of ['1', '2', '3']) await order(id, 'pay')
  await paying.reach(2)

  const request = await order('4', 'ask')
  const requestId = request.status === 'pending_approval' ? request.approvalId : ''
  clock.advance(2000)
  await asked.reach(1)
  const expired = approvals.wait({ requestId })
  clock.advance(600_000)
  expect(await expired).toMatchObject({ status: 'expired' })
  expect(paying.count).toBe(2)

  answer.resolve()
  await paying.reach(3)
  await close()
})

test('a sink that hangs fills only its own places, and holds up no other sink', async () => {
  const clock = createTestClock()
  const answer = Promise.withResolvers<void>()
  const [slow, quick] = [createCounter(), createCounter()]
  const sinkOf = (name: string, publish: EventSink['publish']): EventSink => ({
    contract: 'sink/v1',
    name,
    publish,
  })
  const { engine, close } = await createLoopSystem({
    loops: [payment],
    integrations: [bankThat(async () => {})],
    sinks: [
      sinkOf('slow', async () => {
        slow.add()
        await answer.promise
      }),
      sinkOf('quick', async () => quick.add()),
    ],
    clock,
    limits: { concurrency: 2, effectTimeoutMs: 3_600_000 },
  })
  for (const aggregateId of ['1', '2', '3', '4', '5', '6'])
    await engine.start({ loopId: 'payment', aggregateId, actor: agent })
  const later = ({ count }: { readonly count: number }) => {
    clock.advance(2000)
    return count
  }

  await expect.poll(() => later(quick), { interval: 1 }).toBe(6)
  expect(slow.count).toBe(2)

  answer.resolve()
  await expect.poll(() => later(slow), { interval: 1 }).toBe(6)
  await close()
})
