import { createTestClock } from '@loop-engine/testing'
import { expect, test } from 'vitest'

import { createLoopSystem, LoopBuilder, type Channel } from './index.ts'

const agent = { type: 'ai-agent', id: 'agent:refunds' } as const
const alice = { type: 'human', id: 'alice' } as const
const loop = LoopBuilder.create('refund')
  .state('ASKED')
  .state('PAID', { isTerminal: true })
  .initialState('ASKED')
  .transition({
    id: 'pay',
    from: 'ASKED',
    to: 'PAID',
    actors: ['ai-agent'],
    approval: { reviewers: ['alice'], expiresIn: '2h', channels: ['chat'] },
  })
  .build()

const cycle: Record<string, unknown> = {}
cycle['self'] = cycle

test.each([
  ['a cycle', cycle],
  ['a big integer', { ts: 1n }],
  ['text', 'C024BE91L'],
  ['null', null],
  ['a class of the vendor', new URL('https://chat.example/1')],
])('%s for a reference is told, and people are asked once', async (_, ref) => {
  const clock = createTestClock()
  const heard: unknown[] = []
  const [asked, repainted]: unknown[][] = [[], []]
  const chat: Channel = {
    contract: 'channel/v1',
    name: 'chat',
    notify: async ({ id }) => {
      asked?.push(id)
      return ref as Awaited<ReturnType<Channel['notify']>>
    },
    update: async (known) => void repainted?.push(known),
  }
  const { engine, approvals, relay } = await createLoopSystem({
    loops: [loop],
    channels: [chat],
    clock,
    relay: false,
    onError: (error) => heard.push(error),
  })
  const run = { aggregateId: 'order-1', actor: agent }
  await engine.start({ ...run, loopId: 'refund' })
  const result = await engine.transition({ ...run, transitionId: 'pay' })
  if (result.status !== 'pending_approval') throw new Error(result.status)
  await relay.drain()
  clock.advance(600_000)
  await relay.drain()

  expect(asked).toEqual([result.approvalId])
  expect(heard).toHaveLength(1)
  expect((await approvals.get({ id: result.approvalId }))?.messages).toEqual({})
  await approvals.decide({ requestId: result.approvalId, decision: 'reject', actor: alice })
  await relay.drain()
  expect(repainted).toEqual([])
})
