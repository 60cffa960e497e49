import { createTestClock } from '@loop-engine/testing'
import { describe, expect, test } from 'vitest'

import { createLoopSystem, defineLoop } from './index.ts'
import { askForPayment } from './payment.fixture.ts'

const bob = { type: 'human', id: 'bob' } as const
const hour = 3_600_000
type Severity = 'hard' | 'soft'

/** Two payments that lapse, by a timeout or by the expiry of a request. A limit allows one lapse in 30 days. */
async function open(severity: Severity, maxConflictRetries = 16) {
  const clock = createTestClock()
  const limit = (name: string) => ({
    id: name,
    use: 'rate-limit',
    with: { limit: 1, window: '30d', per: 'tenant', name },
    severity,
  })
  const lapse = {
    from: 'ASKED',
    to: 'LAPSED',
    actors: ['system' as const],
    guards: [limit('month'), limit('other')],
  }
  const loop = defineLoop({
    id: 'payment',
    states: [
      { id: 'ASKED', timeout: { after: '3h', transition: 'lapse' } },
      { id: 'PAID', terminal: true },
      { id: 'LAPSED', terminal: true },
    ],
    initialState: 'ASKED',
    transitions: [
      {
        id: 'pay',
        from: 'ASKED',
        to: 'PAID',
        actors: ['ai-agent'],
        approval: { reviewers: ['bob'], expiresIn: '2h', onExpiry: 'expire' },
      },
      { id: 'lapse', ...lapse },
      { id: 'expire', ...lapse },
    ],
  })
  const system = await createLoopSystem({
    loops: [loop],
    clock,
    relay: false,
    limits: { maxConflictRetries },
  })
  const { engine, relay } = system
  const ask = async (aggregateId: string) => askForPayment(system, { aggregateId })
  const later = async (hours: number) => {
    clock.advance(hours * hour)
    await relay.drain()
  }
  const stateOf = async (aggregateId: string) => (await engine.get({ aggregateId }))?.currentState
  const states = async () => new Set([await stateOf('order-1'), await stateOf('order-2')])
  return { ...system, clock, ask, later, states }
}

describe('a full limit of a transition that the clock takes', () => {
  test.each([0, 16])(
    'only warns of a timeout when it is soft; conflicts retried: %i',
    async (maxConflictRetries) => {
      const { engine, approvals, ask, later, states } = await open('soft', maxConflictRetries)
      const requests = [await ask('order-1'), await ask('order-2')]
      for (const requestId of requests) await approvals.withdraw({ requestId, actor: bob })

      await later(3)

      expect(await states()).toEqual(new Set(['LAPSED']))
      const { items } = await engine.find({ state: 'LAPSED' })
      const passed: unknown[] = []
      for (const { aggregateId, version } of items)
        for await (const { entry } of engine.history({ aggregateId, from: version }))
          passed.push(entry.guards?.map((guard) => guard.passed))
      expect(passed).toContainEqual([true, true])
      expect(passed).toContainEqual([false, false])
    },
  )

  test('only warns of an expiry when it is soft', async () => {
    const { ask, later, states, relay } = await open('soft')
    await ask('order-1')
    await ask('order-2')

    await later(2)

    expect(await states()).toEqual(new Set(['LAPSED']))
    expect((await relay.deadLetters()).items).toEqual([])
  })

  test('only warns of an expiry that a reviewer finds, when it is soft', async () => {
    const { ask, clock, states, approvals } = await open('soft')
    const requests = [await ask('order-1'), await ask('order-2')]
    clock.advance(2 * hour)

    for (const requestId of requests)
      expect(await approvals.decide({ requestId, decision: 'approve', actor: bob })).toMatchObject({
        status: 'refused',
        reason: 'expired',
        request: { status: 'expired' },
      })

    expect(await states()).toEqual(new Set(['LAPSED']))
  })

  test('holds a timeout up when it is hard', async () => {
    const { approvals, ask, later, states, relay } = await open('hard')
    const requests = [await ask('order-1'), await ask('order-2')]
    for (const requestId of requests) await approvals.withdraw({ requestId, actor: bob })
    await later(3)
    expect(await states()).toEqual(new Set(['ASKED', 'LAPSED']))
    expect((await relay.deadLetters()).items).toEqual([])

    await later(31 * 24)

    expect(await states()).toEqual(new Set(['LAPSED']))
  })

  test('does not block a person who withdraws an expired request', async () => {
    const { approvals, ask, clock } = await open('hard')
    const requests = [await ask('order-1'), await ask('order-2')]
    clock.advance(2 * hour)
    const [first, second] = requests.map(async (requestId) =>
      approvals.withdraw({ requestId, actor: bob }),
    )

    expect(await first).toMatchObject({ status: 'expired' })
    await expect(second).rejects.toMatchObject({
      code: 'refused',
      details: { reason: 'limit_reached' },
    })
  })
})
