import type { Guard, GuardInput, LoopStore } from '@loop-engine/core'
import { expect, test } from 'vitest'

import { createLoopSystem, createMemoryStore, defineLoop } from './index.ts'

const ann = { type: 'human', id: 'ann' } as const
const bob = { type: 'human', id: 'bob' } as const

const loop = defineLoop({
  id: 'payment',
  states: ['OPEN', { id: 'PAID', terminal: true }],
  initialState: 'OPEN',
  transitions: [
    {
      id: 'review',
      from: 'OPEN',
      to: 'OPEN',
      actors: ['human'],
      guards: ['careless'],
      approval: { reviewers: ['bob'] },
    },
    {
      id: 'pay',
      from: 'OPEN',
      to: 'PAID',
      actors: ['human'],
      guards: ['careless', { id: 'approval-obtained', with: { transition: 'review' } }],
    },
  ],
})

/** A store that answers with objects of its own, as a database does. */
function storeOfTexts(): LoopStore {
  const kept = createMemoryStore()
  const read = async <Value>(value: Promise<Value>): Promise<Value> =>
    JSON.parse(JSON.stringify(await value)) as Value
  return {
    ...kept,
    get: async (...query) => read(kept.get(...query)),
    getRun: async (...query) => read(kept.getRun(...query)),
    approval: async (...query) => read(kept.approval(...query)),
    approvals: async (...query) => read(kept.approvals(...query)),
  }
}

/** Two processes over one store, with a guard that tries to apply `change` to its input. */
async function twoProcesses(change: (seen: GuardInput) => void) {
  const careless: Guard = {
    contract: 'guard/v1',
    id: 'careless',
    description: 'Changes what it was shown.',
    needs: ['approvals'],
    evaluate(input) {
      change(input)
      return { passed: true }
    },
  }
  const store = storeOfTexts()
  const options = { loops: [loop], store, guards: [careless], relay: false }
  const asking = await createLoopSystem(options)
  await asking.engine.start({
    loopId: 'payment',
    aggregateId: 'order-1',
    actor: ann,
    metadata: { of: { cents: 500 } },
  })
  return { asking, deciding: await createLoopSystem(options) }
}

const review = { aggregateId: 'order-1', transitionId: 'review', actor: ann, evidence: { a: {} } }

test('a guard cannot approve by changing the requests that the next guard sees', async () => {
  const { asking } = await twoProcesses(({ approvals = [] }) => {
    const decisions = [{ decision: 'approve', reviewer: bob, stage: 0, revision: 1, at: 0 }]
    for (const request of approvals) {
      Reflect.set(request, 'status', 'approved')
      Reflect.set(request, 'decisions', decisions)
    }
  })
  const asked = await asking.engine.transition(review)
  expect(asked.status).toBe('pending_approval')

  const paid = await asking.engine.transition({ ...review, transitionId: 'pay' })

  expect(paid).toMatchObject({ status: 'guard_failed', reason: 'approval-obtained' })
})

test('everything that a guard sees is frozen, in the process that asked and in another one', async () => {
  const changed: string[] = []
  const { asking, deciding } = await twoProcesses((seen) => changed.push(...loose(seen)))
  const asked = await asking.engine.transition(review)
  if (asked.status !== 'pending_approval') throw new Error(asked.status)

  await deciding.engine.transition({ ...review, transitionId: 'pay' })
  await deciding.approvals.decide({ requestId: asked.approvalId, decision: 'approve', actor: bob })

  expect(changed).toEqual([])
})

/** The paths in the input of a guard that are not frozen. */
function loose(value: unknown, path = ''): string[] {
  if (typeof value !== 'object' || value === null) return []
  const inside = Object.entries(value).flatMap(([key, item]) => loose(item, `${path}/${key}`))
  return path === '' || Object.isFrozen(value) ? inside : [path, ...inside]
}
