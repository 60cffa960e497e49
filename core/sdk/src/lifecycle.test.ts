import type { Actor } from '@loop-engine/core'
import { createTestIdentifiers } from '@loop-engine/testing'
import { describe, expect, test } from 'vitest'

import { createAuthority, createLoopSystem, createMemoryStore, defineLoop } from './index.ts'
import { askForPayment, paymentLoop, person } from './payment.fixture.ts'

const agent: Actor = { type: 'ai-agent', id: 'agent:ops' }
const alice: Actor = { type: 'human', id: 'alice' }

const first = defineLoop({
  id: 'ops.task',
  version: '1',
  states: ['OPEN', { id: 'DONE', terminal: true }],
  initialState: 'OPEN',
  transitions: [{ id: 'finish', from: 'OPEN', to: 'DONE', actors: ['human', 'ai-agent'] }],
})
const second = defineLoop({
  id: 'ops.task',
  version: '2',
  states: ['TODO', 'OPEN', { id: 'DONE', terminal: true }],
  initialState: 'TODO',
  transitions: [
    { id: 'begin', from: 'TODO', to: 'OPEN', actors: ['human'] },
    { id: 'finish', from: 'OPEN', to: 'DONE', actors: ['human'] },
  ],
})
const start = { loopId: 'ops.task', aggregateId: 'task-1', actor: agent }
const finish = { aggregateId: 'task-1', transitionId: 'finish' }

describe('a run', () => {
  test('goes on under the definition it started with, until a person migrates it on record', async () => {
    const store = createMemoryStore()
    const before = await createLoopSystem({ loops: [first], store, relay: false })
    await before.engine.start(start)

    const after = await createLoopSystem({ loops: [second], store, relay: false })
    expect(await after.engine.available({ aggregateId: 'task-1', actor: agent })).toMatchObject([
      { transitionId: 'finish', allowed: true },
    ])
    await expect(
      after.engine.migrate({ aggregateId: 'task-1', actor: agent, reason: 'I would like to' }),
    ).rejects.toMatchObject({ code: 'refused' })
    const migrated = await after.engine.migrate({
      aggregateId: 'task-1',
      actor: alice,
      reason: 'new policy',
    })
    expect(migrated.definition.version).toBe('2')
    const record = await Array.fromAsync(after.engine.history({ aggregateId: 'task-1' }))
    expect(record.at(-1)?.entry).toMatchObject({
      type: 'loop.migrated',
      actor: { id: 'alice' },
      reason: 'new policy',
    })
    expect(await after.engine.transition({ ...finish, actor: agent })).toMatchObject({
      status: 'rejected',
      reason: 'actor_type_not_allowed',
    })
  })

  test('that is migrated withdraws the requests made under the old definition', async () => {
    const store = createMemoryStore()
    const before = await createLoopSystem({ loops: [paymentLoop(1)], store, relay: false })
    const requestId = await askForPayment(before)

    const next = defineLoop({ ...paymentLoop(2), version: '2.0.0' })
    const { engine, approvals } = await createLoopSystem({ loops: [next], store, relay: false })
    await engine.migrate({ aggregateId: 'order-1', actor: alice, reason: 'two people from now on' })

    expect(await approvals.get({ id: requestId })).toMatchObject({ status: 'superseded' })
    expect(await approvals.inbox({ actor: person('bob') })).toEqual([])
  })

  test('is not migrated into a state that no transition leaves', async () => {
    const store = createMemoryStore()
    const before = await createLoopSystem({ loops: [first], store, relay: false })
    await before.engine.start(start)
    const closed = defineLoop({
      ...first,
      version: '2',
      states: ['TODO', { id: 'OPEN', terminal: true }],
      initialState: 'TODO',
      transitions: [{ id: 'finish', from: 'TODO', to: 'OPEN', actors: ['human'] }],
    })
    const { engine } = await createLoopSystem({ loops: [closed], store, relay: false })
    const input = { aggregateId: 'task-1', actor: alice, reason: 'new policy' }

    await expect(engine.migrate(input)).rejects.toMatchObject({ code: 'invalid_input' })
    expect(await engine.migrate({ ...input, state: 'TODO' })).toMatchObject({
      currentState: 'TODO',
      status: 'active',
    })
  })

  test('is not migrated past the guards and approvals of a transition', async () => {
    const store = createMemoryStore()
    const before = await createLoopSystem({ loops: [second], store, relay: false })
    await before.engine.start(start)
    const input = { aggregateId: 'task-1', actor: alice, reason: 'in a hurry' }

    await expect(before.engine.migrate({ ...input, state: 'OPEN' })).rejects.toMatchObject({
      code: 'invalid_input',
      path: '/state',
    })
    expect(await before.engine.migrate({ ...input, state: 'TODO' })).toMatchObject({
      currentState: 'TODO',
    })
  })

  test.each(['cancel', 'fail'] as const)('%s is final', async (end) => {
    const { engine } = await createLoopSystem({ loops: [first], relay: false })
    await engine.start(start)
    await engine[end]({ aggregateId: 'task-1', actor: alice, reason: 'not needed' })
    expect(await engine.transition({ ...finish, actor: alice })).toMatchObject({ reason: 'final' })
    await expect(
      engine.cancel({ aggregateId: 'task-1', actor: alice, reason: 'again' }),
    ).rejects.toMatchObject({ code: 'refused' })
  })

  test('suspended by an agent is resumed only by a person', async () => {
    const { engine } = await createLoopSystem({ loops: [first], relay: false })
    await engine.start(start)
    await engine.suspend({ aggregateId: 'task-1', actor: agent, reason: 'not sure' })
    expect(await engine.transition({ ...finish, actor: agent })).toMatchObject({
      reason: 'suspended',
    })
    await expect(
      engine.resume({ aggregateId: 'task-1', actor: agent, reason: 'sure now' }),
    ).rejects.toMatchObject({ code: 'refused' })
    await engine.resume({ aggregateId: 'task-1', actor: alice, reason: 'checked' })
    expect(await engine.transition({ ...finish, actor: agent })).toMatchObject({
      status: 'executed',
    })
  })

  test('of a reused business key has its own history', async () => {
    const { engine } = await createLoopSystem({ loops: [first], relay: false })
    const one = await engine.start(start)
    await expect(engine.start(start)).rejects.toMatchObject({ code: 'already_exists' })
    await engine.transition({ ...finish, actor: alice })
    const two = await engine.start(start)

    expect(two.runId).not.toBe(one.runId)
    expect(await Array.fromAsync(engine.history({ aggregateId: 'task-1' }))).toHaveLength(1)
    const old = await Array.fromAsync(engine.history({ aggregateId: 'task-1', runId: one.runId }))
    expect(old).toHaveLength(2)

    await engine.start({ ...start, aggregateId: 'task-2' })
    const mixed = engine.history({ aggregateId: 'task-2', runId: one.runId })
    expect(await Array.fromAsync(mixed)).toEqual([])
  })

  test('has a history that can be read from any entry, up to any number', async () => {
    const { engine } = await createLoopSystem({ loops: [first], relay: false })
    await engine.start(start)
    for (const reason of ['a', 'b']) {
      await engine.suspend({ aggregateId: 'task-1', actor: alice, reason })
      await engine.resume({ aggregateId: 'task-1', actor: alice, reason })
    }
    const told = async (range: { from?: number; limit?: number }): Promise<number[]> => {
      const items = await Array.fromAsync(engine.history({ aggregateId: 'task-1', ...range }))
      return items.map(({ entry }) => entry.seq)
    }

    expect(await told({})).toEqual([1, 2, 3, 4, 5])
    expect(await told({ from: 2, limit: 3 })).toEqual([2, 3, 4])
    expect(await told({ from: 5, limit: 3 })).toEqual([5])
    expect(await told({ limit: 0 })).toEqual([])
    await expect(told({ limit: 1.5 })).rejects.toMatchObject({ path: '/limit' })
    await expect(told({ from: 1.5 })).rejects.toMatchObject({ path: '/from' })
  })

  test('is found by loop, state, status and tag, page by page', async () => {
    const { engine } = await createLoopSystem({
      loops: [first],
      relay: false,
      ids: createTestIdentifiers(),
    })
    for (let index = 0; index < 5; index++) {
      await engine.start({ ...start, aggregateId: `task-${index}`, tags: index < 3 ? ['red'] : [] })
    }
    const page = await engine.find({ tag: 'red', status: 'active', state: 'OPEN', limit: 2 })
    expect(page.items.map(({ aggregateId }) => aggregateId)).toEqual(['task-0', 'task-1'])
    const rest = await engine.find({ tag: 'red', limit: 2, cursor: page.cursor ?? '' })
    expect(rest.items.map(({ aggregateId }) => aggregateId)).toEqual(['task-2'])
    await expect(engine.find({ cursor: 'AAAA' })).rejects.toMatchObject({ code: 'invalid_input' })
  })

  test('of another tenant is not visible', async () => {
    const { engine } = await createLoopSystem({ loops: [first], relay: false })
    await engine.start({ ...start, tenant: 'acme' })
    expect(await engine.get({ aggregateId: 'task-1' })).toBeNull()
    expect((await engine.find({ tenant: 'other' })).items).toEqual([])
    await expect(engine.transition({ ...finish, actor: alice })).rejects.toMatchObject({
      code: 'not_found',
    })
  })
})

describe('with verified identity', () => {
  test('a person whom no authority vouched for is refused, even as a JSON copy of one who was', async () => {
    const authority = createAuthority({ name: 'login' })
    const { engine } = await createLoopSystem({
      loops: [first],
      relay: false,
      identity: { mode: 'verified', authority },
    })
    await engine.start(start)
    const vouched = authority.vouch(alice, { method: 'oidc', issuer: 'https://id.example' })
    const copied = JSON.parse(JSON.stringify(vouched)) as Actor

    expect(await engine.transition({ ...finish, actor: copied })).toMatchObject({
      status: 'rejected',
      reason: 'identity_not_verified',
    })
    expect(await engine.transition({ ...finish, actor: vouched })).toMatchObject({
      status: 'executed',
    })
    const items = await Array.fromAsync(engine.history({ aggregateId: 'task-1' }))
    expect(items.at(-1)?.entry.actor.assurance).toMatchObject({ method: 'oidc' })
  })
})

describe('a definition', () => {
  test('with a guard that nobody registered is refused when the system is created', async () => {
    const loop = defineLoop({
      ...first,
      transitions: [
        { id: 'finish', from: 'OPEN', to: 'DONE', actors: ['human'], guards: ['human-onyl'] },
      ],
    })
    await expect(createLoopSystem({ loops: [loop] })).rejects.toMatchObject({
      code: 'invalid_definition',
      hint: 'Did you mean "human-only"?',
      details: { problems: [{ code: 'unknown_guard' }] },
    })
  })

  test('whose effect uses the variable now is refused when the system is created', async () => {
    const pay = {
      contract: 'integration/v1' as const,
      name: 'bank',
      actions: { pay: { input: { parse: (value: unknown) => value }, run: async () => ({}) } },
    }
    const effect = { integration: 'bank', action: 'pay', input: { at: 'now' } }
    const loop = defineLoop({
      ...first,
      transitions: [{ id: 'finish', from: 'OPEN', to: 'DONE', actors: ['human'], effect }],
    })
    await expect(createLoopSystem({ loops: [loop], integrations: [pay] })).rejects.toMatchObject({
      code: 'invalid_definition',
      details: {
        problems: [{ code: 'invalid_expression', path: '/transitions/0/effect/input/at' }],
      },
    })
  })

  test('with a wrong evidence schema is refused when the system is created', async () => {
    const evidence = { properties: { note: { type: 'strnig' } } }
    const loop = defineLoop({
      ...first,
      transitions: [{ id: 'finish', from: 'OPEN', to: 'DONE', actors: ['human'], evidence }],
    })
    await expect(createLoopSystem({ loops: [loop] })).rejects.toMatchObject({
      code: 'invalid_definition',
      details: { problems: [{ code: 'invalid_evidence_schema', path: '/transitions/0/evidence' }] },
    })
  })
})
