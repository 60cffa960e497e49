import type { CloudEvent } from '@loop-engine/core'
import { expect, test } from 'vitest'

import { ada, agent, createInbox, createSharedStore, openDesk } from './refund-desk.fixture.ts'
import {
  failed,
  idOf,
  linksOf,
  parentOf,
  traceOf,
  watchProcess,
  withContexts,
} from './watched.fixture.ts'

withContexts()

const evidence = { amount: 5000, note: 'the customer said: hunter2' }

test('an effect that another process delivers continues the trace that asked, and links to the approval', async () => {
  const store = createSharedStore()
  const first = watchProcess()
  const asking = await openDesk({ store, telemetry: first.telemetry, channels: [createInbox()] })
  const asked = await first.within('POST /refunds', async () => {
    await asking.engine.start({ loopId: 'refund', aggregateId: 'order-7', actor: agent })
    return asking.engine.transition({
      aggregateId: 'order-7',
      transitionId: 'pay-much',
      actor: agent,
      evidence,
    })
  })
  if (asked.status !== 'pending_approval') throw new Error(asked.status)
  await asking.close()

  const second = watchProcess()
  const inbox = createInbox()
  const paid: unknown[] = []
  const acting = await openDesk({
    store,
    prefix: 'second',
    telemetry: second.telemetry,
    channels: [inbox],
    pay: async (input) => second.within('POST bank', async () => void paid.push(input)),
  })
  await acting.relay.drain()
  await second.within('POST /channels/slack', () =>
    acting.approvals.decide({ requestId: asked.approvalId, decision: 'approve', actor: ada }),
  )
  await acting.relay.drain()

  const host = first.span('POST /refunds')
  const request = first.span('loop.transition refund pay-much')
  expect([traceOf(request), parentOf(request)]).toEqual([traceOf(host), idOf(host)])
  expect(request.attributes).toMatchObject({
    'loop_engine.outcome': 'pending_approval',
    'loop_engine.approval.id': asked.approvalId,
    'loop_engine.actor.type': 'ai-agent',
  })

  const notice = second.spans().find(({ name }) => name === 'loop.notify inbox')
  expect(notice && parentOf(notice)).toBe(idOf(request))

  const decision = second.span('loop.decision refund pay-much')
  expect(parentOf(decision)).toBe(idOf(second.span('POST /channels/slack')))
  expect(linksOf(decision)).toEqual([idOf(request)])
  expect(decision.attributes).toMatchObject({ 'loop_engine.outcome': 'executed' })

  const execution = second.span('loop.transition refund pay-much')
  expect([parentOf(execution), linksOf(execution)]).toEqual([idOf(request), [idOf(decision)]])

  const effect = second.span('loop.effect payments.refund')
  expect([traceOf(effect), parentOf(effect)]).toEqual([traceOf(host), idOf(request)])
  expect(linksOf(effect)).toEqual([idOf(decision)])
  expect(parentOf(second.span('POST bank'))).toBe(idOf(effect))
  expect(parentOf(second.span('loop.transition refund settle'))).toBe(idOf(effect))
  expect(paid).toEqual([evidence])

  const all = [...first.spans(), ...second.spans()]
  expect(all.filter(failed)).toEqual([])
  expect(JSON.stringify(all.map(({ attributes, name }) => [name, attributes]))).not.toMatch(
    /hunter2|5000/,
  )
  await acting.close()
})

test('a process without telemetry delivers what a process with telemetry put into the outbox', async () => {
  const store = createSharedStore()
  const { telemetry } = watchProcess()
  const asking = await openDesk({ store, telemetry })
  await asking.engine.start({ loopId: 'refund', aggregateId: 'a', actor: agent })
  // Looks like the trace context that the engine itself adds to an outbox item.
  const input = { amount: 1, trace: { traceparent: 'x' }, payload: '{}' }
  await asking.engine.transition({
    aggregateId: 'a',
    transitionId: 'pay',
    actor: agent,
    evidence: input,
  })
  const paid: unknown[] = []
  const acting = await openDesk({ store, pay: async (value) => void paid.push(value) })
  await acting.relay.drain()
  expect(paid).toEqual([input])
  expect(await acting.engine.get({ aggregateId: 'a' })).toMatchObject({ currentState: 'PAID' })
})

test('the trace that a caller names is the parent, or only linked if callers are not trusted', async () => {
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  const trusting = watchProcess()
  const careful = watchProcess({ incoming: 'link' })
  for (const { telemetry } of [trusting, careful]) {
    const { engine } = await openDesk({ telemetry })
    await engine.start({ loopId: 'refund', aggregateId: 'a', actor: agent })
    const pay = { aggregateId: 'a', transitionId: 'pay', actor: agent, evidence: { amount: 1 } }
    await engine.transition({ ...pay, traceparent })
  }
  const child = trusting.span('loop.transition refund pay')
  expect([traceOf(child), parentOf(child)]).toEqual([
    '0af7651916cd43dd8448eb211c80319c',
    'b7ad6b7169203331',
  ])
  const linked = careful.span('loop.transition refund pay')
  expect([parentOf(linked), linksOf(linked)]).toEqual([undefined, ['b7ad6b7169203331']])
})

test('an event tells its sink where it was recorded', async () => {
  const heard: CloudEvent[] = []
  const watch = watchProcess()
  const { engine, relay } = await openDesk({
    telemetry: watch.telemetry,
    sinks: [
      { contract: 'sink/v1', name: 'audit', publish: async (events) => void heard.push(...events) },
    ],
  })
  await engine.start({ loopId: 'refund', aggregateId: 'a', actor: agent })
  await relay.drain()
  const start = watch.span('loop.start refund')
  expect(heard[0]?.traceparent).toBe(`00-${traceOf(start)}-${idOf(start)}-01`)
  expect(parentOf(watch.span('loop.publish audit'))).toBe(idOf(start))
})

test('a timer begins a new trace and links back', async () => {
  const watch = watchProcess()
  const desk = await openDesk({ telemetry: watch.telemetry })
  await desk.engine.start({ loopId: 'refund', aggregateId: 'a', actor: agent })
  await desk.engine.transition({
    aggregateId: 'a',
    transitionId: 'pay-much',
    actor: agent,
    evidence,
  })
  desk.clock.advance(3_600_000)
  await desk.relay.drain()
  const timer = watch.span('loop.timer approval-expiry')
  const request = watch.span('loop.transition refund pay-much')
  expect([parentOf(timer), linksOf(timer)]).toEqual([undefined, [idOf(request)]])
  const dropped = watch.span('loop.transition refund drop')
  expect([parentOf(dropped), linksOf(dropped)]).toEqual([idOf(request), [idOf(timer)]])
  expect(await watch.points('loop_engine.approval.wait')).toMatchObject([
    { value: { sum: 3600, count: 1 }, attributes: { 'loop_engine.outcome': 'expired' } },
  ])
})
