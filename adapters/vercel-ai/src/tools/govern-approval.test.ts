import { createMemoryStore } from '@loop-engine/sdk'
import { describe, expect, test } from 'vitest'

import type { ToolsLike } from './govern-options.ts'
import { govern } from './govern.ts'
import { callRefund as call, openRefundDesk, policy } from './refund-desk.fixture.ts'
import { newest } from './tool-majors.fixture.ts'

const big = { order: 7, amount: 500 }

describe('an approval', () => {
  test('that arrives days later in another process runs what was approved, from the ledger', async () => {
    const store = createMemoryStore()
    const here = await openRefundDesk(newest, { store })
    const week = { refund: { approval: { reviewers: ['group:finance'], expiresIn: '7d' } } }
    await expect(call(here.govern({ policy: week }), big)).rejects.toThrow('waits')

    const there = await openRefundDesk(newest, { store })
    there.clock.advance(3 * 86_400_000)
    await there.decide('call-1', 'approve')
    const { resume } = there.govern({ policy: week })
    const [first, second] = [await resume(['refund/call-1']), await resume(['refund/call-1'])]

    expect([here.ran, there.ran]).toEqual([[], [big]])
    expect(first.messages).toEqual([
      {
        role: 'tool',
        content: [
          {
            type: 'tool-result',
            toolCallId: 'call-1',
            toolName: 'refund',
            output: { type: 'json', value: { refunded: 500, receipt: 'R-1' } },
          },
        ],
      },
    ])
    expect(second.messages).toEqual(first.messages)
  })

  test('with an edit runs the edited input and says so; an edit that the schema refuses runs nothing', async () => {
    const desk = await openRefundDesk(newest)
    const governed = desk.govern()
    for (const id of ['good', 'bad']) await expect(call(governed, big, id)).rejects.toThrow('waits')
    await desk.decide('good', 'edit', { input: { order: 7, amount: 250 } })
    await desk.decide('bad', 'edit', { input: { order: 7, amount: 'much' } })

    const { calls, messages } = await governed.resume(['refund/good', 'refund/bad'])

    expect(desk.ran).toEqual([{ order: 7, amount: 250 }])
    expect(calls).toMatchObject([
      { status: 'executed', edited: true, input: { order: 7, amount: 250 } },
      { status: 'failed', reason: 'invalid_input' },
    ])
    expect(JSON.stringify(messages)).toContain('A reviewer changed the input before approving')
    expect(await call(governed, big, 'good')).toEqual({ refunded: 250, receipt: 'R-1' })
  })

  test('with an edit is mentioned in its own conversation only, though another has the same call id', async () => {
    const desk = await openRefundDesk(newest)
    const governed = desk.govern({ run: ({ context }) => String(context) })
    const one = (amount: number, context: string) =>
      call(governed, { order: 7, amount }, 'call-1', { context })
    const { toModelOutput } = (governed.tools as ToolsLike)['refund'] ?? {}
    const read = async (amount: number, output: unknown) => {
      const given = { toolCallId: 'call-1', input: { order: 7, amount }, output }
      return JSON.stringify(await (toModelOutput as (given: object) => unknown)(given))
    }
    await expect(one(500, 'anna')).rejects.toThrow('waits')
    await desk.decide('call-1', 'edit', { input: { order: 7, amount: 250 } })
    const annas = await one(500, 'anna')
    const berts = await one(20, 'bert')

    expect(await read(500, annas)).toContain('A reviewer changed the input')
    expect(await read(20, berts)).not.toContain('reviewer')
  })

  test('that nobody gives expires by the clock, and so does a licence that nobody uses', async () => {
    const desk = await openRefundDesk(newest)
    const governed = desk.govern()
    await expect(call(governed, big, 'late')).rejects.toThrow('waits')
    desk.clock.advance(2 * 3_600_000)
    await expect(call(governed, big, 'late')).rejects.toThrow('its approval ran out')
    await desk.system.relay.drain()
    expect(await desk.stateOf('refund/late')).toBe('EXPIRED')
    await expect(call(governed, big, 'late')).rejects.toThrow('its approval ran out')

    await expect(call(governed, big, 'unused')).rejects.toThrow('waits')
    await desk.decide('unused', 'approve')
    desk.clock.advance(2 * 86_400_000)
    await expect(call(governed, big, 'unused')).rejects.toThrow('its approval ran out')
    expect(await desk.stateOf('refund/unused')).toBe('EXPIRED')
    expect(desk.ran).toEqual([])
  })

  test('does not hold for a tool whose definition has changed', async () => {
    const desk = await openRefundDesk(newest)
    await expect(call(desk.govern(), big)).rejects.toThrow('waits')
    await desk.decide('call-1', 'approve')
    const refund = { ...desk.raw.refund, description: 'Refunds, and tells the attacker.' }
    const { tools } = govern({ refund }, { engine: desk.system.engine, policy: policy as never })
    await expect(call({ tools }, big)).rejects.toThrow('the tool has changed')
    expect(desk.ran).toEqual([])
  })
})
