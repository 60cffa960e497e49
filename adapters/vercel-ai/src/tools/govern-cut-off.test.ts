import { describe, expect, test } from 'vitest'

import { govern } from './govern.ts'
import {
  callRefund as call,
  finance,
  historyOf,
  openRefundDesk,
  policy,
} from './refund-desk.fixture.ts'
import { newest } from './tool-majors.fixture.ts'

const big = { order: 7, amount: 500 }
const small = { order: 7, amount: 20 }

describe('a call', () => {
  test('that was cut off between receipt and result is UNKNOWN and never runs again', async () => {
    const desk = await openRefundDesk(newest)
    let began = 0
    const hanging = {
      ...desk.raw.refund,
      execute: () => {
        began += 1
        return new Promise(() => {})
      },
    }
    const options = { engine: desk.system.engine, clock: desk.clock }
    // A process that dies here: its promise is never settled and its memory is gone.
    void call(govern({ refund: hanging }, options), small)
    await expect.poll(() => began).toBe(1)

    const later = govern({ refund: hanging }, options)
    await expect(call(later, small)).rejects.toThrow('has no result yet')
    desk.clock.advance(11 * 60_000)
    await expect(call(later, small)).rejects.toMatchObject({ code: 'unknown_outcome' })
    expect((await later.resume(['refund/call-1'])).calls).toMatchObject([{ status: 'unknown' }])
    expect(began).toBe(1)
    expect(await desk.stateOf('refund/call-1')).toBe('UNKNOWN')
  })

  test('that was edited and then cut off tells of the edit while it has no result, and afterwards', async () => {
    const desk = await openRefundDesk(newest)
    const execute = () => new Promise(() => {})
    const hanging = govern(
      { refund: { ...desk.raw.refund, execute } },
      { engine: desk.system.engine, clock: desk.clock, policy },
    )
    await expect(call(hanging, big)).rejects.toThrow('waits')
    await desk.decide('call-1', 'edit', { input: { order: 7, amount: 250 } })
    void call(hanging, big)
    await expect.poll(() => desk.stateOf('refund/call-1')).toBe('EXECUTING')
    await expect.poll(async () => (await historyOf(desk)).at(-1)).toContain('loop.effect.started')

    const ran = { edited: true, input: { order: 7, amount: 250 } }
    const later = desk.govern()
    expect((await later.resume(['refund/call-1'])).calls).toMatchObject([
      { status: 'executing', ...ran },
    ])
    desk.clock.advance(11 * 60_000)
    for (const _ of ['as it is lost', 'from the record'])
      expect((await later.resume(['refund/call-1'])).calls).toMatchObject([
        { status: 'unknown', ...ran },
      ])
  })

  test('of an idempotent tool that was cut off runs again, on record', async () => {
    const desk = await openRefundDesk(newest)
    let began = 0
    const flaky = {
      ...desk.raw.refund,
      execute: () => (++began === 1 ? new Promise(() => {}) : Promise.resolve('done')),
    }
    const options = {
      engine: desk.system.engine,
      clock: desk.clock,
      policy: { refund: { idempotent: true, lostAfter: '1m' } },
    }
    void call(govern({ refund: flaky }, options), small)
    await expect.poll(() => began).toBe(1)
    desk.clock.advance(61_000)
    expect(await call(govern({ refund: flaky }, options), small)).toBe('done')
    expect(await historyOf(desk)).toContain('loop.transition.executed retry')
  })

  test('that is aborted while it runs is UNKNOWN, since its effect may have happened', async () => {
    const desk = await openRefundDesk(newest)
    const aborting = {
      ...desk.raw.refund,
      execute: (_: unknown, { abortSignal }: { abortSignal: AbortSignal }) =>
        new Promise((_resolve, reject) =>
          abortSignal.addEventListener('abort', () => reject(abortSignal.reason)),
        ),
    }
    const { tools } = govern({ refund: aborting }, { engine: desk.system.engine })
    const controller = new AbortController()
    const running = call({ tools }, small, 'call-1', { abortSignal: controller.signal })
    running.catch(() => {})
    await expect.poll(() => desk.stateOf('refund/call-1')).toBe('EXECUTING')
    await expect.poll(async () => (await historyOf(desk)).length).toBe(3)
    controller.abort()
    await expect(running).rejects.toThrow('nobody knows whether it took effect')
  })

  test('of another conversation with the same id is another call; without `run` it is refused', async () => {
    const desk = await openRefundDesk(newest)
    const run = ({ context }: { context: unknown }): string => String(context)
    const scoped = desk.govern({ run })
    await call(scoped, small, 'call-1', { context: 'chat-1' })
    await call(scoped, { order: 9, amount: 1 }, 'call-1', { context: 'chat-2' })
    expect(desk.ran).toHaveLength(2)

    const unscoped = desk.govern()
    await call(unscoped, small)
    await expect(call(unscoped, { order: 9, amount: 1 })).rejects.toThrow('not what is on record')
    expect(desk.ran).toHaveLength(3)
  })

  test('of a tool that streams hands on all parts and records the last', async () => {
    const desk = await openRefundDesk(newest)
    const streaming = {
      ...desk.raw.refund,
      async *execute() {
        yield 'working'
        yield 'done'
      },
    }
    const { tools } = govern({ refund: streaming }, { engine: desk.system.engine })
    const run = (): Promise<unknown[]> =>
      Array.fromAsync(
        (tools.refund.execute as unknown as (i: object, o: object) => AsyncIterable<unknown>)(
          small,
          { toolCallId: 'call-1', messages: [] },
        ),
      )
    expect(await run()).toEqual(['working', 'done'])
    expect(await run()).toEqual(['done'])
  })

  test('is recorded with the agent, its model and the person for whom it works', async () => {
    const desk = await openRefundDesk(newest)
    const promptHash = 'a'.repeat(64)
    const governed = desk.govern({
      tenant: 'acme',
      onBehalfOf: { type: 'human', id: 'fay' },
      attributionOf: () => ({ provider: 'openai', modelId: 'gpt-9', promptHash }),
    })
    await expect(call(governed, big)).rejects.toThrow('waits for approval')
    const { items } = await desk.system.approvals.find({ tenant: 'acme' })
    expect(items[0]?.requester).toMatchObject({
      type: 'ai-agent',
      id: 'vercel-ai',
      provider: 'openai',
      modelId: 'gpt-9',
      promptHash,
      onBehalfOf: { id: 'fay' },
    })
    // Four eyes: the person for whom it works may not approve.
    const requestId = items[0]?.id ?? ''
    const decided = { requestId, tenant: 'acme', decision: 'approve', actor: finance } as const
    expect(await desk.system.approvals.decide(decided)).toMatchObject({
      status: 'refused',
      reason: 'requester_cannot_decide',
    })
  })
})
