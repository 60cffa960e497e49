import { defineLoop, type LoopDefinition } from '@loop-engine/sdk'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'

import type { ToolsLike } from './govern-options.ts'
import { govern } from './govern.ts'
import { callRefund as call, finance, openRefundDesk, policy } from './refund-desk.fixture.ts'
import { newest } from './tool-majors.fixture.ts'

const big = { order: 7, amount: 500 }
const small = { order: 7, amount: 20 }

function ownLoop(approval?: { reviewers: string[]; expiresIn: string }): LoopDefinition {
  return defineLoop({
    id: 'refund-call',
    states: [
      'ASKED',
      'PARKED',
      'PAYING',
      { id: 'PAID', terminal: true },
      { id: 'GONE', terminal: true },
    ],
    initialState: 'ASKED',
    transitions: [
      { id: 'execute', from: 'ASKED', to: 'PAYING', actors: ['ai-agent'], approval },
      { id: 'park', from: 'ASKED', to: 'PARKED', actors: ['human'] },
      { id: 'force', from: 'ASKED', to: 'PAYING', actors: ['human'] },
      { id: 'deny', from: 'ASKED', to: 'GONE', actors: ['automation'] },
      { id: 'drop', from: 'PARKED', to: 'GONE', actors: ['human'] },
      { id: 'succeed', from: 'PAYING', to: 'PAID', actors: ['automation'] },
      { id: 'fail', from: 'PAYING', to: 'GONE', actors: ['automation'] },
      { id: 'lose', from: 'PAYING', to: 'GONE', actors: ['automation'] },
    ],
  })
}

describe('a policy', () => {
  const engineOf = async () => (await openRefundDesk(newest)).system.engine
  const refund = { inputSchema: z.object({}), execute: async () => 1 }

  test('that names no tool, asks nobody or cannot be enforced is refused at once', async () => {
    const engine = await engineOf()
    const wrong = (given: object, tools: object = { refund }): (() => unknown) => {
      return () => govern(tools as ToolsLike, { engine, policy: given as never })
    }
    expect(wrong({ refnd: {} })).toThrow('names a tool that is not given')
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

  test.each([
    ['a function', async () => 1],
    ['no object', 'refund'],
    ['nothing', null],
  ])('for a tool that is %s is refused: nothing is handed back ungoverned', async (_, given) => {
    const engine = await engineOf()
    expect(() => govern({ refund: given } as unknown as ToolsLike, { engine })).toThrow(
      expect.objectContaining({
        code: 'invalid_config',
        path: '/refund',
        hint: expect.stringContaining('tool({'),
      }),
    )
  })

  test('for a tool whose schema the SDK does not know fails `ready`, and says what to give', async () => {
    const engine = await engineOf()
    const { ready } = govern({ refund: { ...refund, inputSchema: { type: 'object' } } }, { engine })

    await expect(ready).rejects.toMatchObject({
      code: 'invalid_config',
      hint: expect.stringContaining('jsonSchema()'),
    })
  })

  test('refuses a number for the conversation, and anything but messages for `resume`', async () => {
    const engine = await engineOf()
    const { tools, resume } = govern({ refund }, { engine, run: 7 as unknown as string })
    const context = { toolCallId: 'call-1', messages: [] }
    const execute = tools.refund.execute as (input: object, context: object) => Promise<unknown>

    await expect(execute({}, context)).rejects.toMatchObject({ code: 'invalid_input' })
    for (const given of [undefined, 'order-7', {}])
      await expect(resume(given as unknown as [])).rejects.toMatchObject({
        code: 'invalid_input',
        hint: expect.stringContaining('generateText'),
      })
  })

  test('with an unknown key is refused, as are options, because the key would govern nothing', async () => {
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

  test('that differs from the one in force for the tool needs a namespace of its own', async () => {
    const desk = await openRefundDesk(newest)
    await desk.govern().ready
    await desk.govern().ready
    const other = { policy: { refund: { risk: 'low' } } } as const
    await expect(desk.govern(other).ready).rejects.toMatchObject({ code: 'already_exists' })
    await desk.govern({ ...other, namespace: 'support' }).ready
  })

  test('may bring its own loop', async () => {
    const desk = await openRefundDesk(newest)
    await call(desk.govern({ policy: { refund: { loop: ownLoop() } } }), small)
    expect(await desk.stateOf('refund/call-1')).toBe('PAID')
  })

  test('is refused if its own loop lacks a transition, or if it has an approval beside the loop', async () => {
    const engine = await engineOf()
    const loop = ownLoop()
    const without = { ...loop, transitions: loop.transitions.filter(({ id }) => id !== 'deny') }
    for (const [policy, words] of [
      [{ loop: without }, 'has a loop without the transitions deny.'],
      [{ loop, guards: [] }, 'has its own loop'],
      [{ loop, approval: { reviewers: 'fay' } }, 'has its own loop'],
    ] as const)
      expect(() => govern({ refund }, { engine, policy: { refund: policy } })).toThrow(words)
  })

  // The call stays in its state then, and still never runs.
  test.each([
    ['people say no', { status: 'denied', reason: 'reviewer' }],
    ['nobody answers', { status: 'expired', reason: 'expired' }],
  ])('with an own loop that takes no transition where %s', async (what, details) => {
    const desk = await openRefundDesk(newest)
    const loop = ownLoop({ reviewers: ['group:finance'], expiresIn: '1h' })
    const governed = desk.govern({ policy: { refund: { loop } } })
    await expect(call(governed, small)).rejects.toThrow('waits')
    if (what === 'people say no') await desk.decide('call-1', 'reject')
    else desk.clock.advance(2 * 3_600_000)
    await desk.system.relay.drain()
    await expect(call(governed, small)).rejects.toMatchObject({ details })
    expect(desk.ran).toEqual([])
  })

  test.each([
    ['park', 'PARKED', 'unknown_state'],
    ['force', 'PAYING', 'no_licence'],
  ])(
    'with an own loop whose transition %s brings a call to %s runs nothing there',
    async (transitionId, state, reason) => {
      const desk = await openRefundDesk(newest)
      const loop = ownLoop({ reviewers: ['group:finance'], expiresIn: '1h' })
      const governed = desk.govern({ policy: { refund: { loop } } })
      await expect(call(governed, small)).rejects.toThrow('waits')
      const aggregateId = 'refund/call-1'
      await desk.system.engine.transition({ aggregateId, transitionId, actor: finance })
      expect(await desk.stateOf(aggregateId)).toBe(state)
      await expect(call(governed, small)).rejects.toMatchObject({ details: { reason } })
      expect(desk.ran).toEqual([])
    },
  )

  test('for tools that appear at run time and that no policy names asks a person', async () => {
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
    const guards = [{ id: 'even', when: 'input.amount == 500' }]
    const [refund, lookup] = [{ ...policy.refund, guards }, { approval: { reviewers: 'fay' } }]
    const governed = desk.govern({ shadow: true, policy: { refund, lookup } })
    expect(governed.toolApproval).toEqual({})
    const { execute: look } = governed.tools['lookup'] ?? {}
    const given = { toolCallId: 'call-1', messages: [] }
    await (look as (input: object, given: object) => Promise<unknown>)({ order: 7 }, given)
    await call(governed, big)
    await call(governed, small, 'call-2')

    const objections = async (aggregateId: string): Promise<unknown> => {
      const target = { aggregateId }
      const items = await Array.fromAsync(desk.system.engine.history(target))
      return items.flatMap(({ entry }) => entry.guards ?? []).filter(({ passed }) => !passed)
    }
    expect(desk.ran).toHaveLength(2)
    expect(await objections('refund/call-1')).toMatchObject([
      { id: 'approval', message: expect.stringContaining('group:finance') },
    ])
    expect(await objections('refund/call-2')).toMatchObject([{ id: 'even' }])
    expect(await objections('lookup/call-1')).toMatchObject([
      { id: 'approval', message: expect.stringContaining('fay') },
    ])
    expect((await desk.system.approvals.find()).items).toEqual([])
  })
})
