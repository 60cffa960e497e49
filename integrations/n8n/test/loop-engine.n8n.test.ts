import type { INodeParameters } from 'n8n-workflow'
import { afterEach, beforeEach, expect, test } from 'vitest'

import { LoopEngineApi } from '../credentials/LoopEngineApi.credentials.ts'
import { openBench, type Bench } from './bench.fixture.ts'
import { serve } from './serve.fixture.ts'
import { nodeOf, to, workflowOf } from './workflows.fixture.ts'

let bench: Bench
beforeEach(async () => {
  bench = await openBench()
})
afterEach(() => bench.close())

async function run(
  parameters: INodeParameters,
  more = {},
): Promise<{ status: string; items: unknown[] }> {
  const node = { ...nodeOf('Loop', 'loopEngine', { resource: 'run', ...parameters }), ...more }
  const workflow = workflowOf([nodeOf('Start', 'test.start'), node], {
    Start: { main: [[to('Loop')]] },
  })
  const id = await bench.desk.run(workflow)
  return { status: bench.desk.status(id), items: bench.desk.output(id, 'Loop') }
}

test('the node starts, reads, finds and moves a run, and lists its transitions', async () => {
  const key = { aggregateId: 'order/1' }
  expect(await run({ operation: 'start', loopId: 'refund', ...key })).toMatchObject({
    items: [{ loopId: 'refund', currentState: 'ASKED' }],
  })
  expect(await run({ operation: 'get', ...key })).toMatchObject({ items: [{ ...key, version: 1 }] })
  expect(
    await run({ operation: 'available', ...key, evidence: '{ "amount": 5000 }' }),
  ).toMatchObject({
    items: [{ transitionId: 'drop' }, { transitionId: 'pay', allowed: false }],
  })
  expect(
    await run({ operation: 'transition', ...key, transition: 'pay', evidence: { amount: 5 } }),
  ).toMatchObject({ items: [{ status: 'executed', toState: 'PAID' }] })
  expect(await run({ operation: 'find', filters: { status: 'completed' } })).toMatchObject({
    items: [key],
  })
})

test('Return All finds every run, however many pages that takes', async () => {
  for (let index = 0; index < 205; index++) await bench.start('refund', `order-${index}`)

  expect((await run({ operation: 'find', returnAll: true })).items).toHaveLength(205)
  expect((await run({ operation: 'find', limit: 3 })).items).toHaveLength(3)
})

test.each([
  ['a guard refuses', 5000, 'guard_failed'],
  ['people have to decide', 20, 'pending_approval'],
])(
  'if %s, nothing behind the node runs, unless the node outputs the result',
  async (_, amount, status) => {
    await bench.start('refund', 'order-1')
    const attempt = { operation: 'transition', aggregateId: 'order-1', transition: 'pay' }
    const evidence = JSON.stringify({ amount })

    expect(await run({ ...attempt, evidence })).toMatchObject({ status: 'error', items: [] })
    expect(await run({ ...attempt, evidence, whenNotExecuted: 'output' })).toMatchObject({
      status: 'success',
      items: [{ status }],
    })
  },
)

test('an error has the message of the server, and becomes data if the node continues on fail', async () => {
  const unknown = { operation: 'get', aggregateId: 'nothing' }

  expect(await run(unknown)).toMatchObject({ status: 'error' })
  expect(await run(unknown, { onError: 'continueRegularOutput' })).toMatchObject({
    status: 'success',
    items: [{ error: expect.stringContaining('No run') as string }],
  })
})

test('an HTML page in the place of the server is an error', async () => {
  const login = await serve((_, response) => {
    response.setHeader('content-type', 'text/html').end('<h1>Sign in</h1>')
  })
  bench.credential.url = login.url
  const asData = { onError: 'continueRegularOutput' }

  for (const operation of ['start', 'get', 'find'])
    expect(await run({ operation, loopId: 'refund', aggregateId: 'order-1' }, asData)).toEqual({
      status: 'success',
      items: [{ error: 'The answer is not from a Loop Engine server.' }],
    })
  await login.close()
})

test('a node that continues on fail and is retried after a lost answer moves nothing twice', async () => {
  await bench.start('refund', 'order-1')
  const pay = { operation: 'transition', aggregateId: 'order-1', transition: 'pay' }
  const again = { retryOnFail: true, maxTries: 2, waitBetweenTries: 1 }
  bench.loseAnswers(1)

  expect(
    await run({ ...pay, evidence: { amount: 5 } }, { ...again, onError: 'continueRegularOutput' }),
  ).toMatchObject({ status: 'success', items: [{ status: 'executed' }] })
})

test('a key cannot decide, but the token of a person can', async () => {
  await bench.start('refund', 'order-1')
  await bench.transition('order-1', 'pay', { amount: 20 })
  const approvalId = await bench.asked()
  const { revision, viewHash } = (await bench.api(
    `/approvals/${encodeURIComponent(approvalId)}`,
  )) as { revision: number; viewHash: string }
  const decision = { resource: 'approval', operation: 'decide', decision: 'approve' }
  const decide = { ...decision, approvalId, revision, viewHash }

  expect(await run(decide)).toMatchObject({
    items: [{ status: 'refused', reason: 'not_a_person' }],
  })
  bench.credential.apiKey = await bench.tokenOf('bob', 'finance')
  expect(await run(decide)).toMatchObject({ items: [{ status: 'executed' }] })
})

test('the test of the credential tells a good key from a bad one', async () => {
  const { request } = new LoopEngineApi().test
  const ask = (apiKey: string): Promise<Response> =>
    fetch(`${bench.credential.url}${request.url}`, {
      headers: { authorization: `Bearer ${apiKey}` },
    })

  expect((await ask(bench.credential.apiKey)).status).toBe(200)
  expect((await ask('lk_nobody')).status).toBe(401)
})
