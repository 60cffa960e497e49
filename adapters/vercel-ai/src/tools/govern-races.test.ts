import { LoopError } from '@loop-engine/core'
import type { LoopEngine } from '@loop-engine/sdk'
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

const small = { order: 7, amount: 20 }
const other = { order: 7, amount: 30 }
const away = new LoopError('unavailable', 'The store is away.', { retryable: true })

/** Announces a call of the model, as the SDK does before it asks for approval. */
function announce({ tools }: ReturnType<RefundDesk['govern']>, input: object): Promise<void> {
  const { onInputAvailable } = tools['refund'] ?? {}
  return (onInputAvailable as (given: object) => Promise<void>)({
    input,
    toolCallId: 'call-1',
    messages: [],
  })
}

/** A desk whose engine does something else before its first attempts at a transition. */
async function openDesk(transitionId: string, act: (desk: RefundDesk) => unknown, times = 1) {
  const desk = await openRefundDesk(newest)
  const { engine } = desk.system
  let left = times
  const transition: LoopEngine['transition'] = async (input) => {
    if (input.transitionId === transitionId && left-- > 0) await act(desk)
    return engine.transition(input)
  }
  return { ...desk, engine: { ...engine, transition } }
}
const isAway = (): Promise<never> => Promise.reject(away)
const named = { aggregateId: 'refund/call-1', actor: finance, reason: 'A look.' }

describe('two processes', () => {
  test('open one call at once with different inputs: one is refused, and leaves nothing on record', async () => {
    const desk = await openRefundDesk(newest)
    await announce(desk.govern(), small)
    // It looked before the other one had opened the call.
    let looks = 0
    const { engine } = desk.system
    const get: LoopEngine['get'] = async (target) => (looks++ === 0 ? null : engine.get(target))
    const late = desk.govern({ engine: { ...engine, get } })

    await expect(call(late, other)).rejects.toMatchObject({ details: { reason: 'input_mismatch' } })
    expect(await historyOf(desk)).toEqual(['loop.started'])

    // What was opened in another process runs from the record.
    expect(await call(desk.govern(), small)).toMatchObject({ refunded: 20 })
  })
})

describe('the end of a call that ran', () => {
  test('is recorded by another attempt when the store fails for a moment', async () => {
    const desk = await openDesk('succeed', isAway, 2)
    expect(await call(desk.govern({ engine: desk.engine }), small)).toMatchObject({ refunded: 20 })
    expect(await desk.stateOf('refund/call-1')).toBe('EXECUTED')
  })

  test.each([
    ['the store stays away', isAway, 3],
    ['somebody suspends it meanwhile', ({ system }: RefundDesk) => system.engine.suspend(named), 1],
  ])('is unknown if %s, and nothing runs again', async (_, act, times) => {
    const desk = await openDesk('succeed', act, times)
    const governed = desk.govern({ engine: desk.engine })
    await expect(call(governed, small)).rejects.toMatchObject({ code: 'unknown_outcome' })
    await expect(call(governed, small)).rejects.toThrow('Do not claim that it was done')
    expect(desk.ran).toHaveLength(1)
  })

  test.each([
    ['is too large for the record', 'x'.repeat(300_000)],
    ['has no JSON', 1n],
    ['is nothing', undefined],
  ])('is recorded without a result that %s', async (_, output) => {
    const desk = await openRefundDesk(newest)
    const execute = async (): Promise<unknown> => output
    const { engine } = desk.system
    const { tools } = govern({ refund: { ...desk.raw.refund, execute } }, { engine })
    expect(await call({ tools }, small)).toBe(output)
    expect(await desk.stateOf('refund/call-1')).toBe('EXECUTED')
    expect(await call({ tools }, small)).toBeUndefined()
  })
})

describe('nothing runs', () => {
  test('of a call that was denied, also if the denial could not be recorded', async () => {
    const desk = await openDesk('deny', isAway)
    const policy = { refund: { guards: [{ id: 'small', when: 'input.amount < 10' }] } }
    const governed = desk.govern({ engine: desk.engine, policy })
    await expect(call(governed, small)).rejects.toMatchObject({ code: 'unavailable' })
    const denied = { details: { status: 'denied', reason: 'guard:small' } }
    await expect(call(governed, small)).rejects.toMatchObject(denied)
    expect(await desk.stateOf('refund/call-1')).toBe('DENIED')
  })

  test('once the request was aborted', async () => {
    const desk = await openRefundDesk(newest)
    const abortSignal = AbortSignal.abort()
    const aborted = call(desk.govern(), small, 'call-1', { abortSignal })
    await expect(aborted).rejects.toMatchObject({ code: 'aborted' })
    expect(desk.ran).toEqual([])
  })

  test('if the licence could not be spent', async () => {
    const desk = await openRefundDesk(newest)
    const seal = (() => isAway) as unknown as LoopEngine['seal']
    const governed = desk.govern({ engine: { ...desk.system.engine, seal } })
    await expect(call(governed, small)).rejects.toMatchObject({ code: 'unavailable' })
    expect(desk.ran).toEqual([])
  })

  test('again if the call of an idempotent tool may not be retried', async () => {
    const desk = await openRefundDesk(newest)
    let began = 0
    const execute = (): Promise<never> => {
      began += 1
      return new Promise(() => {})
    }
    const { clock, system } = desk
    const refund = { ...desk.raw.refund, execute }
    const options = { engine: system.engine, clock, policy: { refund: { idempotent: true } } }
    void call(govern({ refund }, options), small)
    await expect.poll(() => began).toBe(1)
    clock.advance(11 * 60_000)
    const stop = { target: { loopId: 'tool:refund' }, actor: finance, reason: 'A look.' }
    await system.engine.stop(stop)
    const refused = { details: { status: 'refused' } }
    await expect(call(govern({ refund }, options), small)).rejects.toMatchObject(refused)
    expect(began).toBe(1)
  })

  test('of a call whose id is on record for another namespace', async () => {
    const desk = await openRefundDesk(newest)
    await call(desk.govern(), small)
    const governed = desk.govern({ namespace: 'support' })
    await expect(call(governed, small)).rejects.toMatchObject({ details: { reason: 'other_call' } })
    expect(desk.ran).toHaveLength(1)
  })

  test('of an approved call if a guard objects by the time of the approval', async () => {
    const desk = await openRefundDesk(newest)
    const guards = [{ id: 'soon', use: 'deadline-not-exceeded', with: { within: '1h' } }]
    const approval = { reviewers: ['group:finance'], expiresIn: '2h' }
    const governed = desk.govern({ policy: { refund: { guards, approval } } })
    await expect(call(governed, small)).rejects.toThrow('waits')
    desk.clock.advance(90 * 60_000)
    expect(await desk.decide('call-1', 'approve')).toMatchObject({ status: 'blocked' })
    const denied = { details: { status: 'denied', reason: 'guard:soon' } }
    await expect(call(governed, small)).rejects.toMatchObject(denied)
    expect(desk.ran).toEqual([])
  })
})
