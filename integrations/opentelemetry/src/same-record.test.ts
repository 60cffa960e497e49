import type { LoopStore, OutboxItem } from '@loop-engine/core'
import { TracerProvider, type SpanProcessor } from '@opentelemetry/sdk-trace'
import { expect, test } from 'vitest'

import { createOpenTelemetry } from './open-telemetry.ts'
import { ada, agent, createSharedStore, openDesk, type Desk } from './refund-desk.fixture.ts'
import { watchProcess, withContexts } from './watched.fixture.ts'

withContexts()

async function work({ engine, approvals, relay, clock }: Desk): Promise<string[]> {
  const pay = { transitionId: 'pay', actor: agent }
  for (const aggregateId of ['a', 'b', 'c'])
    await engine.start({ loopId: 'refund', aggregateId, actor: agent, idempotencyKey: aggregateId })
  const answers: unknown[] = [
    await engine.transition({ ...pay, aggregateId: 'a', evidence: { amount: 5000 } }),
    await engine.transition({ ...pay, aggregateId: 'a', evidence: { amount: 5 } }),
    await engine.transition({ ...pay, aggregateId: 'b', transitionId: 'nonsense' }),
  ]
  const asked = await engine.transition({ ...pay, aggregateId: 'c', transitionId: 'pay-much' })
  if (asked.status !== 'pending_approval') throw new Error(asked.status)
  await relay.drain()
  clock.advance(1000)
  answers.push(
    await approvals.decide({ requestId: asked.approvalId, decision: 'approve', actor: ada }),
  )
  await relay.drain()
  const record: string[] = []
  for (const aggregateId of ['a', 'b', 'c'])
    for await (const { entry } of engine.history({ aggregateId }))
      record.push(JSON.stringify(entry))
  return [
    ...record,
    // The trace context of a request is stored beside it.
    ...answers.map((answer) =>
      JSON.stringify(answer, (key, value: unknown) => (key === 'trace' ? undefined : value)),
    ),
  ]
}

test('a watched system records the same bytes and gives the same answers', async () => {
  const watch = watchProcess()
  const plain = await work(await openDesk())
  const watched = await work(await openDesk({ telemetry: watch.telemetry }))
  expect(watch.spans().length).toBeGreaterThan(10)
  expect(watched).toEqual(plain)
})

test.each([undefined, null, 'x', {}])('%j is refused as without telemetry', async (input) => {
  const codes = async ({ engine, approvals }: Desk): Promise<unknown[]> => {
    const asks = [engine.start, engine.transition, approvals.decide]
    const answers = await Promise.allSettled(asks.map((ask) => ask(input as never)))
    return answers.map((answer) => 'reason' in answer && answer.reason.code)
  }
  const { telemetry } = watchProcess()

  expect(await codes(await openDesk({ telemetry }))).toEqual(await codes(await openDesk()))
})

test.each(['onStart', 'onEnd'] as const)(
  'a processor of spans that throws in %s changes nothing',
  async (member) => {
    const broken: SpanProcessor = {
      onStart: () => undefined,
      onEnd: () => undefined,
      forceFlush: async () => undefined,
      shutdown: async () => undefined,
      [member]() {
        throw new Error('broken')
      },
    }
    const tracerProvider = new TracerProvider({ spanProcessors: [broken] })
    const plain = await work(await openDesk())

    expect(
      await work(await openDesk({ telemetry: createOpenTelemetry({ tracerProvider }) })),
    ).toEqual(plain)
  },
)

test('a repetition in another trace gets the answer of the first, and is not counted again', async () => {
  const watch = watchProcess()
  const { engine } = await openDesk({ telemetry: watch.telemetry })
  await engine.start({ loopId: 'refund', aggregateId: 'a', actor: agent })
  const ask = () =>
    engine.transition({
      aggregateId: 'a',
      transitionId: 'pay',
      actor: agent,
      evidence: { amount: 5 },
      idempotencyKey: 'once',
    })
  const first = await watch.within('first', ask)
  const again = await watch.within('second', ask)
  expect(again).toEqual({ ...first, replayed: true })
  expect(await watch.points('loop_engine.transition.attempts')).toMatchObject([{ value: 1 }])
  expect(await watch.points('loop_engine.transition.duration')).toMatchObject([
    { value: { count: 1 } },
  ])
  expect(watch.spans().filter(({ attributes }) => attributes['loop_engine.replayed'])).toHaveLength(
    1,
  )
})

test('without a registered SDK nothing is kept and nothing changes', async () => {
  const kept: OutboxItem[] = []
  const inner = createSharedStore()
  const store: LoopStore = {
    ...inner,
    async commit(plans) {
      kept.push(...plans.flatMap(({ outbox = [] }) => outbox))
      return inner.commit(plans)
    },
  }
  await work(await openDesk({ store, telemetry: createOpenTelemetry() }))
  expect(kept.length).toBeGreaterThan(2)
  expect(kept.filter(({ payload }) => payload.includes('trace'))).toEqual([])
})
