import { expect, test } from 'vitest'

import { createLoopSystem, createMemoryStore, defineLoop } from './index.ts'

const agent = { type: 'ai-agent', id: 'agent' } as const
const bob = { type: 'human', id: 'bob' } as const
const loop = defineLoop({
  id: 'order',
  states: ['OPEN', { id: 'DONE', terminal: true }],
  initialState: 'OPEN',
  transitions: [
    {
      id: 'ship',
      from: 'OPEN',
      to: 'DONE',
      actors: ['ai-agent'],
      approval: { reviewers: ['bob', 'cleo'], quorum: 2 },
    },
  ],
})

/** The answers to a repeated start, attempt and decision, after somebody changed the records of their keys. */
async function repeated(change: (answer: string, otherRunId: string) => string) {
  const kept = createMemoryStore()
  let isChanged = false
  let otherRunId = ''
  const changed = (answer: string): string => (isChanged ? change(answer, otherRunId) : answer)
  const { engine, approvals } = await createLoopSystem({
    loops: [loop],
    store: {
      ...kept,
      async idempotency(...key) {
        const found = await kept.idempotency(...key)
        return found && { ...found, answer: changed(found.answer) }
      },
      commit: async (plans) =>
        (await kept.commit(plans)).map((result) =>
          result.kind === 'duplicate' ? { ...result, answer: changed(result.answer) } : result,
        ),
    },
    relay: false,
  })
  const start = (aggregateId: string) =>
    engine.start({ loopId: 'order', aggregateId, actor: agent, idempotencyKey: aggregateId })
  const attempt = () =>
    engine.transition({
      aggregateId: 'order-1',
      transitionId: 'ship',
      actor: agent,
      idempotencyKey: 'ship',
    })
  await start('order-1')
  otherRunId = (await start('order-2')).runId
  const asked = await attempt()
  const requestId = 'approvalId' in asked ? asked.approvalId : ''
  const decide = () =>
    approvals.decide({ requestId, decision: 'approve', actor: bob, idempotencyKey: 'yes' })
  await decide()
  isChanged = true
  const again = await Promise.allSettled([start('order-1'), attempt(), decide()])
  return again.map((one) => (one.status === 'rejected' ? one.reason.code : 'answered'))
}

test('an unchanged idempotency key returns its answer', async () => {
  expect(await repeated((answer) => answer)).toEqual(['answered', 'answered', 'answered'])
})

test.each(['', '{', 'null', '[]', '{}', '{"runId":7,"aggregateId":7,"request":7}'])(
  'an idempotency key whose answer was changed to %j returns no answer',
  async (text) => {
    expect(await repeated(() => text)).toEqual(['corrupt', 'corrupt', 'corrupt'])
  },
)

test('an answer to another command is not returned for this one', async () => {
  const other = { aggregateId: 'order-2', request: { id: 'another' } }
  const told = await repeated((answer, runId) =>
    JSON.stringify({ ...JSON.parse(answer), ...other, runId }),
  )
  expect(told).toEqual(['corrupt', 'corrupt', 'corrupt'])
})
