import type { Attributes } from '@opentelemetry/api'
import { expect, test } from 'vitest'

import { createOpenTelemetry } from './open-telemetry.ts'
import { ada, agent, openDesk } from './refund-desk.fixture.ts'
import { watchProcess, withContexts } from './watched.fixture.ts'

withContexts()

async function openWatched() {
  const watch = watchProcess()
  return { watch, ...(await openDesk({ telemetry: watch.telemetry })) }
}

test('attempts are counted by loop, transition and outcome, however they came about', async () => {
  const { engine, relay, watch } = await openWatched()
  for (const [aggregateId, amount] of Object.entries({ a: 5, b: 7, c: 5000 })) {
    await engine.start({ loopId: 'refund', aggregateId, actor: agent })
    await engine.transition({
      aggregateId,
      transitionId: 'pay',
      actor: agent,
      evidence: { amount },
    })
  }
  await relay.drain()
  const attempt = (transition: string, outcome: string, actor: string): Attributes => ({
    'loop_engine.loop.id': 'refund',
    'loop_engine.transition.id': transition,
    'loop_engine.outcome': outcome,
    'loop_engine.actor.type': actor,
  })
  expect(await watch.points('loop_engine.transition.attempts')).toMatchObject([
    { value: 2, attributes: attempt('pay', 'executed', 'ai-agent') },
    { value: 1, attributes: attempt('pay', 'guard_failed', 'ai-agent') },
    { value: 2, attributes: attempt('settle', 'executed', 'automation') },
  ])
  expect(await watch.points('loop_engine.guard.failures')).toMatchObject([
    { value: 1, attributes: { 'loop_engine.guard.id': 'within-limit' } },
  ])
  expect(await watch.points('loop_engine.effect.duration')).toMatchObject([
    { value: { count: 2 }, attributes: { 'loop_engine.outcome': 'succeeded' } },
  ])
})

test('a waiting request is counted until it ends, and the wait is measured in seconds', async () => {
  const { engine, approvals, clock, watch } = await openWatched()
  const asked: string[] = []
  for (const aggregateId of ['a', 'b']) {
    await engine.start({ loopId: 'refund', aggregateId, actor: agent })
    const result = await engine.transition({ aggregateId, transitionId: 'pay-much', actor: agent })
    if (result.status === 'pending_approval') asked.push(result.approvalId)
  }
  clock.advance(90_000)
  const [requestId = ''] = asked
  await approvals.decide({ requestId, decision: 'approve', actor: { type: 'human', id: 'eve' } })
  await approvals.decide({ requestId, decision: 'approve', actor: ada })
  expect(await watch.points('loop_engine.approval.waiting')).toMatchObject([{ value: 1 }])
  expect(await watch.points('loop_engine.approval.wait')).toMatchObject([
    { value: { sum: 90, count: 1 }, attributes: { 'loop_engine.outcome': 'approved' } },
  ])
  expect(await watch.points('loop_engine.approval.decisions')).toMatchObject([
    { value: 1, attributes: { 'loop_engine.approval.decision': 'refused:approve' } },
    { value: 1, attributes: { 'loop_engine.approval.decision': 'approve' } },
  ])
})

test('values that callers make up appear in no metric and no span name', async () => {
  const { engine, relay, watch } = await openWatched()
  for (let number = 0; number < 50; number++) {
    const aggregateId = `customer-${number}`
    await engine.start({ loopId: 'refund', aggregateId, actor: agent })
    await engine.transition({ aggregateId, transitionId: `made-up-${number}`, actor: agent })
    await engine.transition({
      aggregateId,
      transitionId: 'pay',
      actor: { type: 'ai-agent', id: `agent-${number}` },
      evidence: { amount: number },
    })
    await relay.drain()
    await engine.transition({ aggregateId, transitionId: `late-${number}`, actor: agent })
    await engine.start({ loopId: `made-up-${number}`, aggregateId, actor: agent }).catch(() => {})
  }
  expect(await watch.metricsText()).not.toMatch(/customer-|made-up-|late-|agent-\d/)
  expect(await watch.points('loop_engine.transition.attempts')).toHaveLength(3)
  expect(new Set(watch.spans().map(({ name }) => name)).size).toBeLessThan(10)
})

test('a misspelt option is refused', () => {
  expect(() => createOpenTelemetry({ inbound: 'link' } as object)).toThrow(
    expect.objectContaining({ code: 'invalid_config', path: '/inbound' }),
  )
})
