import { LoopError, type Guard } from '@loop-engine/core'
import { defineLoop } from '@loop-engine/sdk'
import { SpanStatusCode } from '@opentelemetry/api'
import { expect, test } from 'vitest'

import { ada, agent, openDesk, refund } from './refund-desk.fixture.ts'
import { failed, idOf, parentOf, watchProcess, withContexts } from './watched.fixture.ts'

withContexts()

const secret = 'sk-secret'

async function openWatched(options: Parameters<typeof openDesk>[0] = {}) {
  const watch = watchProcess()
  const desk = await openDesk({ telemetry: watch.telemetry, ...options })
  await desk.engine.start({ loopId: 'refund', aggregateId: 'a', actor: agent })
  const pay = { aggregateId: 'a', transitionId: 'pay', actor: agent, evidence: { amount: 5 } }
  return { ...desk, watch, pay }
}

test('no kind of denial is an error', async () => {
  const { engine, approvals, relay, watch, pay } = await openWatched()
  await engine.transition({ ...pay, evidence: { amount: 5000 } })
  await engine.transition({ ...pay, actor: ada })
  const asked = await engine.transition({ ...pay, transitionId: 'pay-much' })
  if (asked.status !== 'pending_approval') throw new Error(asked.status)
  const about = { requestId: asked.approvalId, reason: secret }
  await approvals.decide({ ...about, decision: 'approve', actor: { type: 'human', id: 'eve' } })
  await approvals.decide({ ...about, decision: 'reject', actor: ada })
  await engine.start({ loopId: 'refund', aggregateId: 'b', actor: agent })
  await engine.transition({ ...pay, aggregateId: 'b' })
  await engine.stop({ target: { everything: true }, actor: ada, reason: secret })
  await relay.drain()
  await expect(
    engine.start({ loopId: 'refund', aggregateId: 'c', actor: agent }),
  ).rejects.toMatchObject({ code: 'stopped' })

  const outcomes = watch.spans().map(({ attributes }) => attributes['loop_engine.outcome'])
  expect(outcomes).toEqual(
    expect.arrayContaining([
      'failed',
      'guard_failed',
      'rejected',
      'pending_approval',
      'refused',
      'stopped',
    ]),
  )
  expect(watch.spans().filter(failed)).toEqual([])
  expect(
    JSON.stringify([watch.spans().map(({ attributes }) => attributes), await watch.metricsText()]),
  ).not.toContain(secret)
})

test('a guard that cannot judge is a fault of the guard; the transition is only blocked', async () => {
  const broken: Guard = {
    contract: 'guard/v1',
    id: 'credit-check',
    description: 'Asks a system that is away.',
    async evaluate() {
      throw new Error(secret)
    },
  }
  const loop = defineLoop({
    ...refund,
    transitions: refund.transitions.map((transition) =>
      transition.id === 'pay' ? { ...transition, guards: [{ id: 'credit-check' }] } : transition,
    ),
  })
  const { engine, watch, pay } = await openWatched({ loops: [loop], guards: [broken] })
  await engine.transition(pay)
  const guards = watch.spans().filter(({ name }) => name === 'loop.guard credit-check')
  const transition = watch.span('loop.transition refund pay')
  expect(guards.map(parentOf)).toEqual([idOf(transition)])
  for (const { status, attributes } of guards) {
    expect(status).toEqual({ code: SpanStatusCode.ERROR })
    expect(attributes['error.type']).toBe('threw')
  }
  expect(failed(transition)).toBe(false)
  expect(await watch.points('loop_engine.guard.failures')).toMatchObject([
    { value: 1, attributes: { 'loop_engine.reason': 'threw' } },
  ])
})

test('an effect that fails is an error with our code, first retried and then a dead letter', async () => {
  const { engine, relay, clock, watch, pay } = await openWatched({
    pay: async () => {
      throw new LoopError('rate_limited', 'The bank is busy.', {
        retryable: true,
        cause: new Error(secret),
      })
    },
  })
  await engine.transition(pay)
  await relay.drain()
  clock.advance(1000)
  await relay.drain()
  const attempts = watch.spans().filter(({ name }) => name === 'loop.effect payments.refund')
  expect(attempts.map(({ status, attributes }) => [status, attributes['error.type']])).toEqual([
    [{ code: SpanStatusCode.ERROR }, 'rate_limited'],
    [{ code: SpanStatusCode.ERROR }, 'rate_limited'],
  ])
  expect(attempts.map(({ attributes }) => attributes['loop_engine.delivery.attempt'])).toEqual([
    1, 2,
  ])
  const points = await watch.points('loop_engine.effect.attempts')
  expect(points.map(({ attributes }) => attributes['loop_engine.outcome'])).toEqual([
    'retry',
    'dead',
  ])
  expect(await watch.points('loop_engine.dead_letters')).toMatchObject([
    {
      value: 1,
      attributes: { 'loop_engine.delivery.name': 'payments', 'error.type': 'rate_limited' },
    },
  ])
  expect(
    JSON.stringify(watch.spans().map(({ events, attributes }) => [events, attributes])),
  ).not.toContain(secret)
})

test('misuse marks the span as an error, and still throws to the caller', async () => {
  const { engine, watch, pay } = await openWatched()
  await expect(engine.transition({ ...pay, aggregateId: 'nobody' })).rejects.toMatchObject({
    code: 'not_found',
  })
  expect(watch.span('loop.transition').attributes['error.type']).toBe('not_found')
  expect(failed(watch.span('loop.transition'))).toBe(true)
})

test('a sealed function is a span of a tool execution, and its failure is an error', async () => {
  const { engine, watch, pay } = await openWatched({
    loops: [
      defineLoop({
        ...refund,
        transitions: refund.transitions.map(({ effect: _, ...transition }) => transition),
      }),
    ],
  })
  const run = engine.seal(
    { loopId: refund.id, transitionId: pay.transitionId, name: 'tool:lookup' },
    async () => {
      throw new Error(secret)
    },
  )
  const result = await engine.transition(pay)
  if (result.status !== 'executed') throw new Error(result.status)
  await expect(run(result.receipt, pay.evidence)).rejects.toThrow(secret)
  const tool = watch.span('execute_tool lookup')
  expect(tool.attributes).toMatchObject({
    'gen_ai.operation.name': 'execute_tool',
    'gen_ai.tool.name': 'lookup',
    'error.type': 'threw',
  })
  expect(tool.status).toEqual({ code: SpanStatusCode.ERROR })
  expect(tool.events).toEqual([])
})
