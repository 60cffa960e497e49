import { defineLoop } from '@loop-engine/sdk'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'

import type { ToolsLike } from './govern-options.ts'
import { govern } from './govern.ts'
import { callRefund as call, openRefundDesk } from './refund-desk.fixture.ts'
import { newest } from './tool-majors.fixture.ts'

const big = { order: 7, amount: 500 }
const small = { order: 7, amount: 20 }

describe('a policy', () => {
  const engineOf = async () => (await openRefundDesk(newest)).system.engine
  const refund = { inputSchema: z.object({}), execute: async () => 1 }

  test('that names no tool, asks nobody or cannot be kept is refused at once', async () => {
    const engine = await engineOf()
    const wrong = (given: object, tools: object = { refund }): (() => unknown) => {
      return () => govern(tools as ToolsLike, { engine, policy: given as never })
    }
    expect(wrong({ refnd: {} })).toThrow('is for no tool of this set')
    expect(wrong({ refund: { approval: { expiresIn: '1h' } } })).toThrow('asks nobody')
    expect(wrong({ refund: {} }, { refund: { inputSchema: z.object({}) } })).toThrow('no execute')
    for (const lostAfter of ['soon', '0s'])
      expect(wrong({ refund: { lostAfter } })).toThrow(
        expect.objectContaining({ code: 'invalid_config', path: '/policy/refund/lostAfter' }),
      )
    expect(wrong({}, { search: { type: 'provider', inputSchema: z.object({}) } })).toThrow(
      'provider runs the tool search itself',
    )
  })

  test('or options with a key that nobody reads are refused, for they would govern nothing', async () => {
    const engine = await engineOf()
    const governing = (options: object) => (): unknown => govern({ refund }, options as never)
    const policy = { refund: { needsApproval: true } }
    const unread = { code: 'invalid_config', path: '/policies' }
    expect(governing({ engine, policies: policy })).toThrow(expect.objectContaining(unread))
    expect(governing({ engine, policy })).toThrow(
      expect.objectContaining({ ...unread, path: '/policy/refund/needsApproval' }),
    )
    const noEngine = expect.objectContaining({ ...unread, path: '/engine' })
    expect(governing({})).toThrow(noEngine)
    expect(governing({ engine: { engine } })).toThrow(noEngine)
  })

  test('with an expression that does not compile fails `ready`, and no call runs', async () => {
    const engine = await engineOf()
    const governed = govern(
      { refund },
      { engine, policy: { refund: { approval: { when: 'input.amount >', reviewers: 'fay' } } } },
    )
    await expect(governed.ready).rejects.toMatchObject({ code: 'invalid_definition' })
    await expect(call(governed, small)).rejects.toMatchObject({
      code: 'invalid_definition',
    })
  })

  test('other than the one in force for the tool needs a namespace of its own', async () => {
    const desk = await openRefundDesk(newest)
    await desk.govern().ready
    await desk.govern().ready
    const other = { policy: { refund: { risk: 'low' } } } as const
    await expect(desk.govern(other).ready).rejects.toMatchObject({ code: 'already_exists' })
    await desk.govern({ ...other, namespace: 'support' }).ready
  })

  test('may bring its own loop', async () => {
    const desk = await openRefundDesk(newest)
    const loop = defineLoop({
      id: 'refund-call',
      states: ['ASKED', 'PAYING', { id: 'PAID', terminal: true }, { id: 'GONE', terminal: true }],
      initialState: 'ASKED',
      transitions: [
        { id: 'execute', from: 'ASKED', to: 'PAYING', actors: ['ai-agent'] },
        { id: 'deny', from: 'ASKED', to: 'GONE', actors: ['automation'] },
        { id: 'succeed', from: 'PAYING', to: 'PAID', actors: ['automation'] },
        { id: 'fail', from: 'PAYING', to: 'GONE', actors: ['automation'] },
        { id: 'lose', from: 'PAYING', to: 'GONE', actors: ['automation'] },
      ],
    })
    await call(desk.govern({ policy: { refund: { loop } } }), small)
    expect(await desk.stateOf('refund/call-1')).toBe('PAID')

    // One that takes no transition when people say no is left where it was, and still never runs.
    const [execute, ...others] = loop.transitions
    const approval = { stages: [{ reviewers: ['group:finance'], quorum: 1 }], fourEyes: true }
    const asking = {
      ...loop,
      id: 'refund-asking',
      transitions: [{ ...execute, approval: { ...approval, expiresIn: '1h' } }, ...others],
    } as typeof loop
    const governed = desk.govern({ policy: { refund: { loop: asking } } })
    await expect(call(governed, small, 'call-2')).rejects.toThrow('waits')
    await desk.decide('call-2', 'reject')
    await expect(call(governed, small, 'call-2')).rejects.toMatchObject({
      details: { status: 'denied', reason: 'reviewer' },
    })
  })

  test('for tools that appear at run time and that nobody named asks a person', async () => {
    const desk = await openRefundDesk(newest)
    const execute = async (): Promise<string> => 'ran'
    const remote = newest.dynamicTool({ inputSchema: z.object({}), execute })
    const { tools } = govern({ refund: remote }, { engine: desk.system.engine })
    await expect(call({ tools }, {})).rejects.toThrow('waits for approval')
    const open = govern(
      { refund: remote },
      { engine: desk.system.engine, default: {}, namespace: 'open' },
    )
    expect(await call(open, {}, 'call-2')).toBe('ran')
  })

  test('in shadow lets everything run, and records what it would have said', async () => {
    const desk = await openRefundDesk(newest)
    const governed = desk.govern({ shadow: true })
    expect(governed.toolApproval).toEqual({})
    await call(governed, big)
    await call(governed, small, 'call-2')

    const objections = async (callId: string): Promise<unknown> => {
      const target = { aggregateId: `refund/${callId}` }
      const items = await Array.fromAsync(desk.system.engine.history(target))
      return items.flatMap(({ entry }) => entry.guards ?? []).filter(({ passed }) => !passed)
    }
    expect(desk.ran).toHaveLength(2)
    expect(await objections('call-1')).toMatchObject([
      { id: 'approval', message: expect.stringContaining('group:finance') },
    ])
    expect(await objections('call-2')).toEqual([])
    expect((await desk.system.approvals.find()).items).toEqual([])
  })
})
