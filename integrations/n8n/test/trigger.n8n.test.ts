import { afterEach, beforeEach, expect, test } from 'vitest'

import { openBench, type Bench } from './bench.fixture.ts'
import { nodeOf, to, workflowOf } from './workflows.fixture.ts'

let bench: Bench
beforeEach(async () => {
  bench = await openBench({ events: true })
})
afterEach(() => bench.close())

function follow(events: string[], loopIds = ''): void {
  const trigger = nodeOf('Event', 'loopEngineTrigger', { events, loopIds })
  bench.desk.activate(
    workflowOf([{ ...trigger, webhookId: 'any' }, nodeOf('Next', 'test.pass')], {
      Event: { main: [[to('Next')]] },
    }),
  )
}

test('the workflow runs for the events that were chosen, with the whole event', async () => {
  follow(['loop.transition.executed'])
  await bench.start('refund', 'order-1')
  await bench.transition('order-1', 'drop')
  await bench.settle()

  expect(bench.desk.executions()).toBe(1)
  expect(bench.desk.output('1', 'Next')).toMatchObject([
    {
      specversion: '1.0',
      type: 'dev.loop-engine.loop.transition.executed.v1',
      data: { entry: { aggregateId: 'order-1', transitionId: 'drop' } },
    },
  ])
})

test('only events of the named loops are taken', async () => {
  follow(['*'], 'tool-call')
  await bench.start('refund', 'order-1')
  await bench.settle()
  expect(bench.desk.executions()).toBe(0)

  await bench.start('tool-call', 'call-1')
  await bench.settle()
  expect(bench.desk.executions()).toBe(1)
})

test('a call that was recorded and is sent again starts nothing', async () => {
  follow(['*'])
  await bench.start('refund', 'order-1')
  await bench.settle()
  const [event] = bench.desk.received()
  if (!event) throw new Error('Nothing was sent.')
  expect(bench.desk.executions()).toBe(1)

  const again = await fetch(event.url, { method: 'POST', headers: event.headers, body: event.body })
  await bench.desk.idle()

  expect(await again.json()).toEqual({ taken: false, reason: 'seen_before' })
  expect(bench.desk.executions()).toBe(1)
})

test('a call that is unsigned or was changed is refused', async () => {
  follow(['*'])
  await bench.start('refund', 'order-1')
  await bench.settle()
  const [event] = bench.desk.received()
  if (!event) throw new Error('Nothing was sent.')
  const { url, headers, body } = event
  const changed = body.replace('order-1', 'order-2')

  expect((await fetch(url, { method: 'POST', headers, body: changed })).status).toBe(401)
  expect((await fetch(url, { method: 'POST', body })).status).toBe(401)
  expect(bench.desk.executions()).toBe(1)
})
