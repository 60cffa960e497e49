import { describe, expect, test } from 'vitest'

import { govern } from './govern.ts'
import {
  callRefund as call,
  finance,
  historyOf,
  openRefundDesk,
  type RefundDesk,
} from './refund-desk.fixture.ts'
import { newest } from './tool-majors.fixture.ts'

const big = { order: 7, amount: 500 }
const small = { order: 7, amount: 20 }

describe('a call', () => {
  test('that needs no approval is an instance with its input, receipt and result', async () => {
    const desk = await openRefundDesk(newest)
    expect(await call(desk.govern(), small)).toEqual({ refunded: 20, receipt: 'R-1' })
    expect(await desk.stateOf('refund/call-1')).toBe('EXECUTED')
    expect(await historyOf(desk)).toEqual([
      'loop.started',
      'loop.transition.executed execute',
      'loop.effect.started execute',
      'loop.transition.executed succeed',
    ])
    const items = await Array.fromAsync(
      desk.system.engine.history({ aggregateId: 'refund/call-1' }),
    )
    expect(items[0]?.evidence).toEqual({ input: small })
    expect(items[3]?.evidence).toEqual({ output: { refunded: 20, receipt: 'R-1' } })
    expect((await desk.system.engine.get({ aggregateId: 'refund/call-1' }))?.metadata).toEqual({
      tool: 'refund',
      callId: 'call-1',
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
    })
  })

  test('that is made many times at once runs once, and all get its result', async () => {
    const desk = await openRefundDesk(newest)
    const governed = desk.govern()
    const results = await Promise.all(Array.from({ length: 20 }, () => call(governed, small)))
    for (const result of results) expect(result).toEqual({ refunded: 20, receipt: 'R-1' })
    expect(desk.ran).toHaveLength(1)
  })

  test('that is replayed through many governors of one store runs once', async () => {
    const desk = await openRefundDesk(newest)
    const governors = Array.from({ length: 8 }, () => desk.govern())
    const results = await Promise.allSettled(governors.map((governed) => call(governed, small)))
    expect(desk.ran).toHaveLength(1)
    expect(results.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThan(0)
    expect(await call(desk.govern(), small)).toEqual({ refunded: 20, receipt: 'R-1' })
  })

  test('whose tool throws is FAILED with the words of the tool, and stays so', async () => {
    const desk = await openRefundDesk(newest)
    const failing = { ...desk.raw.refund, execute: () => Promise.reject(new Error('bank says no')) }
    const { tools } = govern({ refund: failing }, { engine: desk.system.engine })
    await expect(call({ tools }, small)).rejects.toThrow(/^bank says no$/)
    await expect(call({ tools }, small)).rejects.toThrow('bank says no')
    expect(await desk.stateOf('refund/call-1')).toBe('FAILED')
  })

  test('with a guard that does not pass is DENIED, and a budget is a guard like any other', async () => {
    const desk = await openRefundDesk(newest)
    const governed = desk.govern({
      policy: {
        refund: {
          guards: [
            { id: 'not-zero', when: 'input.amount > 0', message: 'Nothing to refund.' },
            { id: 'budget', with: { amount: '/input/amount', limit: 30, window: '1d' } },
          ],
        },
      },
    }) as ReturnType<RefundDesk['govern']>
    await expect(call(governed, { order: 7, amount: 0 }, 'zero')).rejects.toThrow(
      'NOT executed and will not be: Nothing to refund.',
    )
    expect(await desk.stateOf('refund/zero')).toBe('DENIED')

    await call(governed, small, 'within')
    await expect(call(governed, small, 'beyond')).rejects.toThrow('NOT executed')
    expect(await desk.stateOf('refund/beyond')).toBe('DENIED')
    expect(desk.ran).toHaveLength(1)
  })

  test('does not run while a stop is in force, whether it was approved or is new', async () => {
    const desk = await openRefundDesk(newest)
    const governed = desk.govern()
    await expect(call(governed, big, 'asked')).rejects.toThrow('waits')
    await desk.decide('asked', 'approve')
    const target = { loopId: 'tool:refund' }
    await desk.system.engine.stop({ target, actor: finance, reason: 'audit' })

    await expect(call(governed, big, 'asked')).rejects.toThrow('A stop is in force')
    await expect(call(governed, small, 'new')).rejects.toMatchObject({ code: 'stopped' })
    expect(desk.ran).toEqual([])

    await desk.system.engine.release({ target, actor: finance, reason: 'audited' })
    await call(governed, big, 'asked')
    expect(desk.ran).toEqual([big])
  })
})
