import type { LoopStore } from '@loop-engine/core'
import { expect, test } from 'vitest'

import {
  createLoopSystem,
  createMemoryStore,
  type LoopDefinition,
  type LoopSystem,
} from './index.ts'
import { askForPayment, payer, paymentLoop, person } from './payment.fixture.ts'

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

/** When bob's process last looked at the run, which it remembers, and how often it reads for a decision then. */
const looks = { never: 3, 'before alice': 3, 'after alice': 1 } as const
type Look = keyof typeof looks
const races = (Object.keys(looks) as Look[]).flatMap((looked) =>
  Array.from({ length: looks[looked] }, (_, read) => ({ looked, at: read + 1 })),
)

interface Race {
  readonly looked: Look
  /** Before which of these reads carol's process decides. */
  readonly at: number
  readonly decision: 'approve' | 'reject'
}

/** A request for two approvals of which alice has given one; bob’s process reads while carol’s decides. */
async function race({ looked, at, decision }: Race) {
  const store = createMemoryStore()
  const carols = await open(store)
  const requestId = await askForPayment(carols)
  const approve = { requestId, decision: 'approve' } as const
  const bobs = await open(
    interrupted(store, at, async () =>
      carols.approvals.decide({ requestId, decision, actor: person('carol') }),
    ),
  )
  const look = async () => bobs.engine.available({ aggregateId: 'order-1', actor: person('bob') })
  if (looked === 'before alice') await look()
  await carols.approvals.decide({ ...approve, actor: person('alice') })
  if (looked === 'after alice') await look()
  const answer = await bobs.approvals.decide({ ...approve, actor: person('bob') })
  const request = await carols.approvals.get({ id: requestId })
  const instance = await carols.engine.get({ aggregateId: 'order-1' })
  return { answer, request, instance }
}

test.each(races)(
  'what one process declines no other executes, whenever it looked ($looked, read $at)',
  async (when) => {
    const { answer, request, instance } = await race({ ...when, decision: 'reject' })

    expect(answer).toMatchObject({ status: 'refused', reason: 'already_decided' })
    expect(request).toMatchObject({ status: 'rejected' })
    expect(instance).toMatchObject({ currentState: 'ASKED' })
  },
)

test.each(races)(
  'one of two simultaneous last approvals executes ($looked, read $at)',
  async (when) => {
    const { answer, request, instance } = await race({ ...when, decision: 'approve' })

    expect(answer).toMatchObject({ status: 'refused', reason: 'already_decided' })
    expect(request?.decisions.map(({ reviewer }) => reviewer.id)).toEqual(['alice', 'carol'])
    expect(instance).toMatchObject({ currentState: 'PAID' })
  },
)

test('a process that remembers an older state takes the decision about a newer one', async () => {
  const store = createMemoryStore()
  const loop = paymentLoop(1)
  const loops = [
    {
      ...loop,
      states: [...loop.states, { id: 'NEW' }],
      initialState: 'NEW',
      transitions: [
        ...loop.transitions,
        { id: 'ask', signal: 'ask', from: 'NEW', to: 'ASKED', actors: ['human'], guards: [] },
      ],
    },
  ] satisfies readonly LoopDefinition[]
  const [agents, bobs] = await Promise.all(
    ['agents', 'bobs'].map(() => createLoopSystem({ loops, store, relay: false })),
  )
  if (!agents || !bobs) throw new Error('There are two systems.')
  const run = { aggregateId: 'order-1' }
  await agents.engine.start({ loopId: loop.id, ...run, actor: person('alice') })
  await bobs.engine.available({ ...run, actor: person('bob') })
  await agents.engine.transition({ ...run, transitionId: 'ask', actor: person('alice') })
  const actor = { type: 'ai-agent', id: 'agent:payer' } as const
  const asked = await agents.engine.transition({ ...run, transitionId: 'pay', actor })
  if (asked.status !== 'pending_approval') throw new Error(asked.status)

  const decided = await bobs.approvals.decide({
    requestId: asked.approvalId,
    decision: 'approve',
    actor: person('bob'),
  })

  expect(decided.status).toBe('executed')
})

test('a decision that is delivered to two processes at once has one answer', async () => {
  const store = createMemoryStore()
  const carols = await open(store)
  const requestId = await askForPayment(carols)
  await carols.approvals.decide({ requestId, decision: 'approve', actor: person('alice') })
  const input = {
    requestId,
    decision: 'approve',
    actor: person('bob'),
    idempotencyKey: 'click-1',
  } as const
  const bobs = await open(interrupted(store, 1, async () => carols.approvals.decide(input)))

  expect(await bobs.approvals.decide(input)).toMatchObject({ status: 'executed', replayed: true })
})

test('no approval is lost when three people give theirs at once', async () => {
  const system = await createLoopSystem({
    loops: [paymentLoop(3)],
    store: createMemoryStore(),
    relay: false,
  })
  const requestId = await askForPayment(system)

  const answers = await Promise.all(
    ['alice', 'bob', 'carol'].map((name) =>
      system.approvals.decide({ requestId, decision: 'approve', actor: person(name) }),
    ),
  )

  expect(answers.map(({ status }) => status)).toEqual(['recorded', 'recorded', 'executed'])
  const request = await system.approvals.get({ id: requestId })
  expect(request?.decisions.map(({ reviewer }) => reviewer.id)).toEqual(['alice', 'bob', 'carol'])
})

test('when two processes make one attempt at once, one is told that it was made before', async () => {
  const store = createMemoryStore()
  const processes = [await open(store), await open(store)]
  await processes[0]?.engine.start({ loopId: 'payment', aggregateId: 'order-1', actor: payer })
  const attempt = {
    aggregateId: 'order-1',
    transitionId: 'pay',
    actor: payer,
    idempotencyKey: 'pay-1',
  }

  const [one, other] = await Promise.all(processes.map(({ engine }) => engine.transition(attempt)))

  expect(one).toMatchObject({ status: 'pending_approval' })
  expect(one).not.toHaveProperty('replayed')
  expect(other).toEqual({ ...JSON.parse(JSON.stringify(one)), replayed: true })
})
