import { afterEach, beforeEach, expect, test } from 'vitest'

import { openBench, type Bench } from './bench.fixture.ts'
import { approvalWorkflow } from './workflows.fixture.ts'

let bench: Bench
beforeEach(async () => {
  bench = await openBench()
})
afterEach(() => bench.close())

const ask = (amount: number, more = {}): ReturnType<typeof approvalWorkflow> =>
  approvalWorkflow({
    loopId: 'refund',
    aggregateId: 'order-1',
    transition: 'pay',
    evidence: JSON.stringify({ amount }),
    ...more,
  })

test('an execution waits without limit, and goes on at Approved once a person has approved', async () => {
  const id = await bench.desk.run(ask(20))

  expect(bench.desk.status(id)).toBe('waiting')
  expect(bench.desk.waitTill(id)).toMatch(/^3000-/)
  const requestId = await bench.asked()
  expect(await bench.decide(requestId, 'approve')).toBe(200)
  await bench.settle()

  expect(bench.desk.status(id)).toBe('success')
  expect(bench.desk.runs(id, 'No')).toBe(0)
  expect(bench.desk.output(id, 'Yes')).toMatchObject([
    {
      approved: true,
      outcome: 'approved',
      approvalId: requestId,
      evidence: { amount: 20 },
      receipt: expect.stringMatching(/^[0-9a-f]{64}$/),
      decisions: [{ decision: 'approve', reviewer: { type: 'human', id: 'alice' } }],
    },
  ])
})

test('rejected and expired are different outcomes, and neither is approved', async () => {
  const rejected = await bench.desk.run(ask(20))
  const requestId = await bench.asked()
  await bench.decide(requestId, 'reject', { reason: 'paid already' })
  const expired = await bench.desk.run(ask(30, { aggregateId: 'order-2' }))
  bench.clock.advance(3 * 3_600_000)
  await bench.settle()

  expect(bench.desk.output(rejected, 'No')).toMatchObject([
    { approved: false, outcome: 'rejected', decisions: [{ reason: 'paid already' }] },
  ])
  expect(bench.desk.output(expired, 'No')).toMatchObject([
    { approved: false, outcome: 'expired', decisions: [], receipt: null },
  ])
  expect(bench.desk.runs(rejected, 'Yes') + bench.desk.runs(expired, 'Yes')).toBe(0)
})

test('a request that was superseded because its run moved on is not approved', async () => {
  const id = await bench.desk.run(ask(20))
  await bench.transition('order-1', 'drop')
  await bench.settle()

  expect(bench.desk.output(id, 'No')).toMatchObject([{ approved: false, outcome: 'superseded' }])
})

test('a refusal by a guard is not approved, and a transition that needs no approval is, both at once', async () => {
  const refused = await bench.desk.run(ask(5000))
  const executed = await bench.desk.run(ask(5))

  expect(bench.desk.output(refused, 'No')).toMatchObject([
    { approved: false, outcome: 'refused', guards: [{ id: 'small', passed: false }] },
  ])
  expect(bench.desk.output(executed, 'Yes')).toMatchObject([
    { approved: true, outcome: 'executed' },
  ])
  expect(await bench.pending()).toEqual([])
})

test('the output is the approved evidence, with the edits of the reviewer', async () => {
  const id = await bench.desk.run(ask(500))
  const requestId = await bench.asked()
  await bench.decide(requestId, 'edit', { edits: { amount: 50 } })
  await bench.decide(requestId, 'approve')
  await bench.settle()

  expect(bench.desk.output(id, 'Yes')).toMatchObject([{ revision: 2, evidence: { amount: 50 } }])
})

test('a wait survives a restart of n8n, and a decision that was made meanwhile is delivered again', async () => {
  const id = await bench.desk.run(ask(20))
  const requestId = await bench.asked()
  await bench.desk.close()
  await bench.decide(requestId, 'approve')
  await bench.settle()
  expect(bench.desk.status(id)).toBe('waiting')

  await bench.restartDesk()
  bench.clock.advance(10 * 60_000)
  await bench.settle()

  expect(bench.desk.status(id)).toBe('success')
  expect(bench.desk.output(id, 'Yes')).toMatchObject([{ approved: true }])
})

test('time never approves: an execution that n8n resumes by time comes out at Not Approved', async () => {
  const id = await bench.desk.run(ask(20), [{ json: { approved: true, data: { approved: true } } }])

  await bench.desk.timePasses(id)

  expect(bench.desk.runs(id, 'Yes')).toBe(0)
  expect(bench.desk.runs(id, 'No')).toBe(1)
})

test('several items are refused before anybody is asked, because a request is about one item', async () => {
  const id = await bench.desk.run(ask(20), [{ json: {} }, { json: {} }])

  expect(bench.desk.status(id)).toBe('error')
  expect(await bench.pending()).toEqual([])
})

test('a node that runs again after a lost answer finds its own request', async () => {
  const workflow = ask(20)
  workflow.nodes = workflow.nodes.map((it) =>
    it.name === 'Ask' ? { ...it, retryOnFail: true, maxTries: 2, waitBetweenTries: 0 } : it,
  )
  bench.loseAnswers(1)

  const id = await bench.desk.run(workflow)

  expect(bench.desk.status(id)).toBe('waiting')
  expect(await bench.pending()).toHaveLength(1)
})
