import { expect, test } from 'vitest'

import {
  createAuthority,
  createLoopSystem,
  createMemoryStore,
  defineLoop,
  type LoopSystemOptions,
} from './index.ts'
import { askForPayment, payer, paymentLoop, paymentWith, person } from './payment.fixture.ts'

const payment = { aggregateId: 'order-1', transitionId: 'pay', actor: payer }

async function desk(options: Partial<LoopSystemOptions> = {}) {
  return createLoopSystem({ loops: [paymentLoop(1)], relay: false, ...options })
}

async function lastOf({ engine }: Awaited<ReturnType<typeof desk>>) {
  const items = await Array.fromAsync(engine.history({ aggregateId: 'order-1' }))
  return items.at(-1)?.entry
}

test('evidence that does not fit the schema of its transition is refused', async () => {
  const { states, initialState, transitions } = paymentWith({})
  const [pay] = transitions
  const schema = { type: 'object', required: ['cents'] }
  const loops = [
    defineLoop({
      id: 'payment',
      states,
      initialState,
      transitions: pay ? [{ ...pay, evidence: schema }] : [],
    }),
  ]
  const { engine } = await desk({ loops })
  await engine.start({ loopId: 'payment', aggregateId: 'order-1', actor: payer })

  const bare = await engine.transition({ ...payment, evidence: { euro: 5 } })
  const fitting = await engine.transition({ ...payment, evidence: { cents: 500 } })

  expect(bare).toMatchObject({ status: 'guard_failed', reason: 'evidence' })
  expect(fitting.status).toBe('executed')
})

test('an approval condition that fails for the evidence asks people', async () => {
  const approval = { when: 'evidence.cents > 100', reviewers: ['role:finance'] }
  const { engine } = await desk({ loops: [paymentWith({ approval })] })
  await engine.start({ loopId: 'payment', aggregateId: 'order-1', actor: payer })

  expect((await engine.transition(payment)).status).toBe('pending_approval')
})

test('an edit that the guards refuse leaves the request as it is', async () => {
  const { states, initialState, transitions } = paymentWith({
    approval: { reviewers: ['role:finance'], allow: ['edit'] },
  })
  const guards = [
    { id: 'little', when: 'evidence.cents < 1000' },
    { id: 'some', when: 'evidence.cents > 0' },
    { id: 'small', when: 'evidence.cents < 100', severity: 'soft' as const },
  ]
  const loop = { id: 'payment', states, initialState }
  const loops = [defineLoop({ ...loop, transitions: transitions.map((t) => ({ ...t, guards })) })]
  const { engine, approvals } = await desk({ loops })
  const requestId = await askForPayment({ engine }, { evidence: { cents: 500 } })
  const before = await approvals.get({ id: requestId })

  const edits = { cents: 5000 }
  const edit = { requestId, decision: 'edit', actor: person('bob'), edits } as const
  await expect(approvals.decide(edit)).rejects.toMatchObject({
    code: 'invalid_input',
    path: '/edits',
    details: { failed: ['little'] },
  })
  expect(await approvals.get({ id: requestId })).toEqual(before)
})

test('a vote cannot be handed on if the policy does not allow it, and the attempt is on record', async () => {
  const system = await desk()
  const requestId = await askForPayment(system)

  const handed = await system.approvals.delegate({ requestId, actor: person('bob'), to: 'cleo' })

  expect(handed).toMatchObject({ status: 'refused', reason: 'not_allowed' })
  expect(handed.request.delegations).toEqual([])
  expect(await lastOf(system)).toMatchObject({
    approval: { decision: 'refused:delegate' },
    reason: 'not_allowed',
  })
})

test('with verified identity an unknown person can neither decide nor start anything', async () => {
  const authority = createAuthority({ name: 'login' })
  const system = await desk({ identity: { mode: 'verified', authority } })
  const requestId = await askForPayment(system)
  const bob = person('bob')

  const decided = await system.approvals.decide({ requestId, decision: 'approve', actor: bob })

  expect(decided).toMatchObject({ status: 'refused', reason: 'identity_not_verified' })
  expect(await lastOf(system)).toMatchObject({ reason: 'identity_not_verified' })
  const start = { loopId: 'payment', aggregateId: 'order-2', actor: bob }
  await expect(system.engine.start(start)).rejects.toMatchObject({
    code: 'refused',
    details: { reason: 'identity_not_verified' },
  })
  const [pay] = await system.engine.available({ aggregateId: 'order-1', actor: bob })
  expect(pay).toMatchObject({ allowed: false })
  expect(pay?.reasons).toContain('identity_not_verified')
})

test('a definition that was changed in the store judges nothing', async () => {
  const store = createMemoryStore()
  const first = await desk({ store })
  await first.engine.start({ loopId: 'payment', aggregateId: 'order-1', actor: payer })
  const changed = {
    ...store,
    async definition(digest: string) {
      return (
        (await store.definition(digest))?.replace('"fourEyes":true', '"fourEyes":false') ?? null
      )
    },
  }

  const { engine } = await desk({ store: changed, loops: [paymentLoop(2)] })

  await expect(engine.transition(payment)).rejects.toMatchObject({ code: 'corrupt' })
  const lost = await desk({ store: { ...store, definition: async () => null }, loops: [] })
  await expect(lost.engine.transition(payment)).rejects.toMatchObject({ code: 'corrupt' })
})

test('a run is not migrated into a state that the new definition does not have', async () => {
  const store = createMemoryStore()
  const first = await desk({ store })
  await first.engine.start({ loopId: 'payment', aggregateId: 'order-1', actor: payer })
  const states = ['WAITING', { id: 'PAID', terminal: true }]
  const transitions = [{ id: 'pay', from: 'WAITING', to: 'PAID', actors: ['ai-agent' as const] }]
  const next = defineLoop({ id: 'payment', initialState: 'WAITING', states, transitions })
  const { engine } = await desk({ store, loops: [next] })

  const migrate = { aggregateId: 'order-1', actor: person('bob'), reason: 'new names' }

  await expect(engine.migrate(migrate)).rejects.toMatchObject({
    code: 'invalid_input',
    path: '/state',
    details: { known: ['WAITING', 'PAID'] },
  })
  expect(await engine.migrate({ ...migrate, state: 'WAITING' })).toMatchObject({
    currentState: 'WAITING',
  })
})

test('an input that names no transition, or a callback that cannot work, is refused', async () => {
  const { engine } = await desk()
  await engine.start({ loopId: 'payment', aggregateId: 'order-1', actor: payer })
  const call = { aggregateId: 'order-1', actor: payer }

  await expect(engine.transition(call)).rejects.toMatchObject({ path: '/transitionId' })
  const callbackUrl = 'https://agent.example/decided'
  await expect(engine.transition({ ...payment, callbackUrl })).rejects.toMatchObject({
    code: 'unsupported',
    path: '/callbackUrl',
  })
})

test('a system with two loops of one id is refused', async () => {
  await expect(desk({ loops: [paymentLoop(1), paymentLoop(2)] })).rejects.toMatchObject({
    code: 'invalid_config',
    details: { loopId: 'payment' },
  })
})

test('a guard learns when another transition was last executed', async () => {
  const cooldown = { id: 'cooldown', with: { period: '1h', transition: 'note' } }
  const states = ['OPEN', { id: 'DONE', terminal: true }]
  const actors = ['human' as const]
  const transitions = [
    { id: 'note', from: 'OPEN', to: 'OPEN', actors },
    { id: 'finish', from: 'OPEN', to: 'DONE', actors, guards: [cooldown] },
  ]
  const loop = defineLoop({ id: 'task', initialState: 'OPEN', states, transitions })
  const { engine } = await desk({ loops: [loop] })
  const bob = { aggregateId: 'task-1', actor: person('bob') }
  await engine.start({ ...bob, loopId: 'task' })
  const finishOf = async () =>
    (await engine.available(bob)).find(({ transitionId }) => transitionId === 'finish')

  expect(await finishOf()).toMatchObject({ allowed: true })
  await engine.transition({ ...bob, transitionId: 'note' })
  expect(await finishOf()).toMatchObject({ allowed: false, reasons: ['cooldown'] })
})
