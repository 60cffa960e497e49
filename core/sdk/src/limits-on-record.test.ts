import type { Guard } from '@loop-engine/core'
import { createTestClock } from '@loop-engine/testing'
import { describe, expect, test } from 'vitest'

import { createLoopSystem, defineLoop } from './index.ts'

const agent = { type: 'ai-agent', id: 'agent:payer' } as const
const bob = { type: 'human', id: 'bob' } as const
type Severity = 'hard' | 'soft'

/** Payments of 60 cents each, of which a budget has 100; one is made. */
async function open(
  severity: Severity,
  approval = false,
  purses = ['purse'],
  window: { readonly window?: string } = {},
) {
  const limits = purses.map((id) => ({
    id,
    use: 'budget',
    with: { limit: 100, amount: '/cents', name: id, ...window },
    severity,
  }))
  const loop = defineLoop({
    id: 'payment',
    states: ['OPEN', { id: 'CLOSED', terminal: true }],
    initialState: 'OPEN',
    transitions: [
      {
        id: 'pay',
        from: 'OPEN',
        to: 'OPEN',
        actors: ['ai-agent'],
        guards: [{ id: 'evidence-required', with: { fields: ['cents'] } }, ...limits],
        approval: approval && { reviewers: ['bob'] },
      },
      { id: 'close', from: 'OPEN', to: 'CLOSED', actors: ['human'] },
    ],
  })
  const system = await createLoopSystem({
    loops: [loop],
    clock: createTestClock(),
    relay: false,
    elapsedUs: () => 0,
  })
  await system.engine.start({ loopId: 'payment', aggregateId: 'order-1', actor: agent })
  const pay = async () =>
    system.engine.transition({
      aggregateId: 'order-1',
      transitionId: 'pay',
      actor: agent,
      evidence: { cents: 60 },
    })
  const approve = async () => {
    const asked = await pay()
    if (asked.status !== 'pending_approval') throw new Error(asked.status)
    const requestId = asked.approvalId
    return system.approvals.decide({ requestId, decision: 'approve', actor: bob })
  }
  const last = async () =>
    (await Array.fromAsync(system.engine.history({ aggregateId: 'order-1' }))).at(-1)?.entry
  return { pay, approve, last }
}

const overrun = (severity: Severity) => ({
  id: 'purse',
  use: 'budget',
  severity,
  passed: false,
  reason: 'limit',
  message: 'A limit would be overrun.',
  parameters: { limit: 100, amount: '/cents', name: 'purse' },
  durationUs: 0,
})

test('what an execution took of limits is on record, and when that is over', async () => {
  const taken = { amount: 60, limit: 100 }
  const { pay, last } = await open('hard', false, ['purse', 'till'])
  await pay()
  expect((await last())?.counters).toStrictEqual([
    { key: 'budget:purse:0:tenant:', bucket: 0, ...taken },
    { key: 'budget:till:0:tenant:', bucket: 0, ...taken },
  ])

  const hourly = await open('hard', false, ['purse'], { window: '1h' })
  await hourly.pay()
  const [taking] = (await hourly.last())?.counters ?? []
  expect(taking?.expiresAt).toBe(((taking?.bucket ?? Infinity) + 1) * 3_600_000)
})

describe('a limit that is found exceeded at the commit', () => {
  test('refuses if its guard is hard, and the record holds the parameters', async () => {
    const { pay, last } = await open('hard')
    await pay()

    const second = await pay()

    expect(second).toMatchObject({ status: 'rejected', reason: 'limit_reached' })
    expect(second.guards).toEqual([expect.objectContaining({ passed: true }), overrun('hard')])
    expect(await last()).toMatchObject({
      type: 'loop.transition.rejected',
      reason: 'limit_reached',
      guards: [{ passed: true }, overrun('hard')],
    })
  })

  test('warns each time if its guard is soft', async () => {
    const { pay, last } = await open('soft')
    await pay()

    expect(await pay()).toMatchObject({ status: 'executed', guards: [{}, overrun('soft')] })
    expect(await pay()).toMatchObject({ status: 'executed', guards: [{}, overrun('soft')] })
    expect(await last()).toMatchObject({
      type: 'loop.transition.executed',
      guards: [{ passed: true }, overrun('soft')],
    })
  })

  test('warns or refuses in the same way after people approved', async () => {
    const soft = await open('soft', true)
    expect(await soft.approve()).toMatchObject({ status: 'executed' })
    expect(await soft.approve()).toMatchObject({
      status: 'executed',
      transition: { guards: [{}, overrun('soft')] },
    })

    const hard = await open('hard', true)
    expect(await hard.approve()).toMatchObject({ status: 'executed' })
    expect(await hard.approve()).toMatchObject({
      status: 'refused',
      reason: 'limit_reached',
      request: { status: 'pending' },
    })
    expect(await hard.last()).toMatchObject({ type: 'loop.approval.decided' })
  })

  test('may be one of several soft ones, also after an approval', async () => {
    const { pay } = await open('soft', false, ['purse', 'till'])
    await pay()
    const both = {
      guards: [{ passed: true }, { id: 'purse', passed: false }, { id: 'till', passed: false }],
    }
    expect(await pay()).toMatchObject({ status: 'executed', ...both })

    const asked = await open('soft', true, ['purse', 'till'])
    await asked.approve()
    expect(await asked.approve()).toMatchObject({ status: 'executed', transition: both })
  })

  test('warns, although another limit of the same transition refuses', async () => {
    const budget = (id: string, limit: number, severity: 'soft' | 'hard') => ({
      id,
      use: 'budget',
      severity,
      with: { limit, amount: '/cents' },
    })
    const { engine } = await createLoopSystem({
      loops: [
        defineLoop({
          id: 'payment',
          states: ['OPEN', { id: 'CLOSED', terminal: true }],
          initialState: 'OPEN',
          transitions: [
            {
              id: 'pay',
              from: 'OPEN',
              to: 'OPEN',
              actors: ['ai-agent'],
              guards: [budget('much', 10, 'soft'), budget('too-much', 20, 'hard')],
            },
            { id: 'close', from: 'OPEN', to: 'CLOSED', actors: ['ai-agent'] },
          ],
        }),
      ],
      relay: false,
    })
    const run = { aggregateId: 'order-1', actor: agent }
    await engine.start({ ...run, loopId: 'payment' })
    const pay = async () => {
      const evidence = { cents: 10 }
      const { status, guards } = await engine.transition({ ...run, transitionId: 'pay', evidence })
      return [status, ...guards.filter(({ passed }) => !passed).map(({ id }) => id)]
    }

    expect(await pay()).toEqual(['executed'])
    expect(await pay()).toEqual(['executed', 'much'])
    expect(await pay()).toEqual(['rejected', 'much', 'too-much'])
  })

  test('refuses in the end, although the guard names another counter each time', async () => {
    let judged = 0
    const fickle: Guard = {
      contract: 'guard/v1',
      id: 'fickle',
      description: 'Reserves more than there is, of what nobody knows.',
      evaluate() {
        judged += 1
        return {
          passed: true,
          reserve: [{ key: `counter-${judged}`, bucket: 0, amount: 2, limit: 1 }],
        }
      },
    }
    const { engine } = await createLoopSystem({
      loops: [
        defineLoop({
          id: 'payment',
          states: ['OPEN', { id: 'CLOSED', terminal: true }],
          initialState: 'OPEN',
          transitions: [
            { id: 'pay', from: 'OPEN', to: 'CLOSED', actors: ['ai-agent'], guards: ['fickle'] },
          ],
        }),
      ],
      guards: [fickle],
      relay: false,
    })
    const target = { aggregateId: 'order-1', actor: agent }
    await engine.start({ loopId: 'payment', ...target })

    expect(await engine.transition({ ...target, transitionId: 'pay' })).toMatchObject({
      status: 'rejected',
      reason: 'limit_reached',
    })
  })
})
