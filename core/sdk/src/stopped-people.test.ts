import type { Actor, LoopStore } from '@loop-engine/core'
import { expect, test } from 'vitest'

import { createLoopSystem, createMemoryStore, defineLoop, type LoopDefinition } from './index.ts'

const mallory: Actor = { type: 'human', id: 'mallory' }
const olga: Actor = { type: 'human', id: 'olga' }
const run = { aggregateId: 'order-1' }

const order = (version: string): LoopDefinition =>
  defineLoop({
    id: 'order',
    version,
    states: ['OPEN', { id: 'DONE', terminal: true }],
    initialState: 'OPEN',
    transitions: [{ id: 'close', from: 'OPEN', to: 'DONE', actors: ['human'] }],
  })

/** A suspended run of which a newer definition is registered, while mallory is stopped. */
async function stopped() {
  const store = createMemoryStore()
  const before = await createLoopSystem({ loops: [order('1')], store, relay: false })
  const evidence = { account: 'DE12' }
  await before.engine.start({ ...run, loopId: 'order', actor: mallory, evidence })
  const { engine } = await createLoopSystem({ loops: [order('2')], store, relay: false })
  const change = { ...run, reason: 'mine' }
  await engine.suspend({ ...change, actor: olga })
  await engine.stop({ target: { actorId: 'mallory' }, actor: olga, reason: 'stolen' })
  const acts = {
    release: async (actor: Actor) =>
      engine.release({ target: { actorId: 'mallory' }, actor, reason: 'mine' }),
    resume: async (actor: Actor) => engine.resume({ ...change, actor }),
    migrate: async (actor: Actor) => engine.migrate({ ...change, actor }),
    erase: async (actor: Actor) => engine.erase({ ...change, actor, seq: 1 }),
  }
  return { engine, acts }
}

test.each(['release', 'resume', 'migrate', 'erase'] as const)(
  'who is stopped may not %s; somebody else may, and the stopped may again when released',
  async (act) => {
    const { engine, acts } = await stopped()
    const before = await engine.get(run)

    await expect(acts[act](mallory)).rejects.toMatchObject({ code: 'stopped' })
    await expect(acts[act]({ ...olga, onBehalfOf: mallory })).rejects.toMatchObject({
      code: 'stopped',
    })
    expect(await engine.get(run)).toEqual(before)
    expect(await engine.stops()).toHaveLength(1)

    await acts.release(olga)
    await acts[act](mallory)
  },
)

test('a stopped person may still stop things, and end or suspend a run', async () => {
  const { engine, acts } = await stopped()
  await acts.resume(olga)

  await engine.suspend({ ...run, actor: mallory, reason: 'strange' })
  await engine.stop({ target: { loopId: 'order' }, actor: mallory, reason: 'strange' })
  await engine.cancel({ ...run, actor: mallory, reason: 'strange' })

  expect(await engine.get(run)).toMatchObject({ status: 'cancelled' })
})

test.each(['Bob', 'user:bob'])(
  'a stop of %s that an older version wrote as it was spelled stops until it is released',
  async (bob) => {
    const store = createMemoryStore()
    const scope = `actor:default:${bob}`
    const older: LoopStore = {
      ...store,
      commit: async (plans) =>
        store.commit(
          plans.map((plan) => ({
            ...plan,
            ...(plan.stops?.set && {
              stops: { set: plan.stops.set.map((stop) => ({ ...stop, scope })) },
            }),
          })),
        ),
    }
    const before = await createLoopSystem({ loops: [order('1')], store: older, relay: false })
    const target = { actorId: bob }
    await before.engine.stop({ target, actor: olga, reason: 'stolen' })
    const { engine } = await createLoopSystem({ loops: [order('1')], store, relay: false })
    await engine.start({ ...run, loopId: 'order', actor: olga })
    const close = { ...run, transitionId: 'close' }
    const byBob: Actor = { type: 'human', id: bob }

    expect(await engine.transition({ ...close, actor: byBob })).toMatchObject({ reason: 'stopped' })
    expect(
      await engine.transition({ ...close, actor: { ...olga, onBehalfOf: byBob } }),
    ).toMatchObject({ reason: 'stopped' })
    await engine.release({ target, actor: olga, reason: 'found' })

    expect(await engine.stops()).toEqual([])
    expect(await engine.transition({ ...close, actor: byBob })).toMatchObject({
      status: 'executed',
    })
  },
)

/** Approvals that mallory may give under two accounts, of which a directory knows. */
async function withTwoAccounts(accounts: readonly string[] | Error = ['mallory', 'm@home']) {
  const { engine, approvals } = await createLoopSystem({
    loops: [
      defineLoop({
        id: 'order',
        states: ['OPEN', { id: 'DONE', terminal: true }],
        initialState: 'OPEN',
        transitions: [
          { id: 'look', from: 'OPEN', to: 'OPEN', actors: ['human', 'ai-agent'] },
          {
            id: 'pay',
            from: 'OPEN',
            to: 'DONE',
            actors: ['ai-agent'],
            approval: { reviewers: ['m@home'], allow: ['delegate'] },
          },
        ],
      }),
    ],
    identity: {
      directory(_, id) {
        if (accounts instanceof Error) throw accounts
        return accounts.includes(id) ? { accounts } : {}
      },
    },
    relay: false,
  })
  const agent: Actor = { type: 'ai-agent', id: 'agent:payer' }
  await engine.start({ ...run, loopId: 'order', actor: agent })
  const asked = await engine.transition({ ...run, transitionId: 'pay', actor: agent })
  if (asked.status !== 'pending_approval') throw new Error(asked.status)
  const requestId = asked.approvalId
  const other: Actor = { type: 'human', id: 'm@home' }
  const stop = { target: { actorId: 'user:Mallory' }, actor: olga, reason: 'stolen' }
  return {
    engine,
    stop: async () => engine.stop(stop),
    release: async () => engine.release(stop),
    scopes: async () => (await engine.stops()).map(({ scope }) => scope).toSorted(),
    look: async (actor: Actor) =>
      (await engine.transition({ ...run, transitionId: 'look', actor })).status,
    approve: async () => approvals.decide({ requestId, decision: 'approve', actor: other }),
    handOn: async () => approvals.delegate({ requestId, actor: other, to: 'eve' }),
    other,
    agent,
  }
}

test('a stop of one account covers the other accounts of the person, and actors on their behalf', async () => {
  const { stop, release, look, approve, scopes, other, agent } = await withTwoAccounts([
    'user:Mallory',
    'm@home',
  ])
  await stop()

  expect(await scopes()).toEqual(['actor:default:m@home', 'actor:default:mallory'])
  expect(await look(other)).toBe('rejected')
  expect(await look({ ...agent, onBehalfOf: other })).toBe('rejected')
  expect(await approve()).toMatchObject({ status: 'refused', reason: 'stopped' })

  await release()
  expect(await scopes()).toEqual([])
  expect(await approve()).toMatchObject({ status: 'executed' })
})

test('an account that is linked only after the stop neither approves nor hands an approval on', async () => {
  const linked: string[] = []
  const { stop, release, approve, handOn, scopes } = await withTwoAccounts(linked)
  await stop()
  linked.push('user:Mallory', 'm@home')

  expect(await scopes()).toEqual(['actor:default:mallory'])
  expect(await handOn()).toMatchObject({ status: 'refused', reason: 'stopped' })
  expect(await approve()).toMatchObject({ status: 'refused', reason: 'stopped' })

  await release()
  expect(await approve()).toMatchObject({ status: 'executed' })
})

test('while the directory is away only the named account is stopped, and the answer says so', async () => {
  const { stop, scopes } = await withTwoAccounts(new Error('away'))
  await expect(stop()).rejects.toMatchObject({
    code: 'unavailable',
    message: 'Only the account that was named was stopped or released.',
  })
  expect(await scopes()).toEqual(['actor:default:mallory'])
})
