import { createHmac } from 'node:crypto'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { openBench, type Bench } from './bench.fixture.ts'
import { approvalWorkflow, nodeOf, to, workflowOf } from './workflows.fixture.ts'

let bench: Bench
beforeEach(async () => {
  bench = await openBench()
})
afterEach(() => bench.close())

const parameters = {
  operation: 'sendAndWait',
  loopId: 'refund',
  aggregateId: 'order-1',
  transition: 'pay',
  evidence: '{ "amount": 20 }',
}

interface Sent {
  readonly status: number
  readonly body: unknown
}

/** An execution that waits for a person, with the URL that the server will call. */
async function wait(): Promise<{ id: string; requestId: string; url: string }> {
  const id = await bench.desk.run(approvalWorkflow(parameters))
  const requestId = await bench.asked()
  return { id, requestId, url: bench.resumeUrl(requestId) }
}

/** A POST as the server makes it, or as an attacker forges it. */
async function send(
  url: string,
  requestId: string,
  { secret = bench.credential.signingSecret, at = Date.now(), status = 'approved' } = {},
): Promise<Sent> {
  const body = JSON.stringify({ data: { requestId, status } })
  const timestamp = Math.floor(at / 1000)
  const signature = createHmac('sha256', Buffer.from(secret.replace('whsec_', ''), 'base64'))
    .update(`msg_1.${timestamp}.${body}`)
    .digest('base64')
  const response = await fetch(url, {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/cloudevents+json',
      'webhook-id': 'msg_1',
      'webhook-timestamp': String(timestamp),
      'webhook-signature': `v1,${signature}`,
    },
  })
  const text = await response.text()
  await bench.desk.idle()
  return { status: response.status, body: text.startsWith('{') ? JSON.parse(text) : text }
}

test('a signature that is wrong, missing or old resumes nothing', async () => {
  const { id, requestId, url } = await wait()

  const other = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
  expect(await send(url, requestId, { secret: other })).toMatchObject({
    status: 401,
    body: { reason: 'bad_signature' },
  })
  expect(await send(url, requestId, { at: Date.now() - 6 * 60_000 })).toMatchObject({ status: 401 })
  expect(await send(url, requestId, { at: Date.now() + 6 * 60_000 })).toMatchObject({ status: 401 })
  const unsigned = await fetch(url, { method: 'POST', body: '{"data":{"approved":true}}' })
  expect(unsigned.status).toBe(401)
  const opened = await fetch(`${url}&approved=true`)
  expect(opened.status).not.toBe(200)

  expect(bench.desk.status(id)).toBe('waiting')
})

test('a resume URL that was changed is refused by n8n itself', async () => {
  const { id, requestId, url } = await wait()
  const changed = url.replace(/signature=./, (it) => `signature=${it.endsWith('0') ? 1 : 0}`)

  expect(await send(changed, requestId)).toMatchObject({ status: 401 })
  expect(bench.desk.status(id)).toBe('waiting')
})

test('even a call with a good signature approves nothing, because the server is asked', async () => {
  const { id, requestId, url } = await wait()

  expect(await send(url, requestId)).toMatchObject({
    status: 409,
    body: { reason: 'still_pending' },
  })
  expect(bench.desk.status(id)).toBe('waiting')

  await bench.decide(requestId, 'reject')
  expect(await send(url, requestId, { status: 'approved' })).toMatchObject({
    status: 200,
    body: { resumed: true, outcome: 'rejected' },
  })
  expect(bench.desk.runs(id, 'Yes')).toBe(0)
})

test('a server that cannot be asked resumes nothing', async () => {
  const { id, requestId, url } = await wait()
  await bench.decide(requestId, 'approve')
  bench.loseAnswers(1)

  expect(await send(url, requestId)).toMatchObject({
    status: 503,
    body: { reason: 'server_not_reached' },
  })
  expect(bench.desk.status(id)).toBe('waiting')
})

test('a repeated call runs nothing twice', async () => {
  const { id, requestId, url } = await wait()
  await bench.decide(requestId, 'approve')

  await send(url, requestId)
  await send(url, requestId)
  await bench.settle()

  expect(bench.desk.runs(id, 'Yes')).toBe(1)
})

test('a call about an earlier request of the same node does not answer a later request', async () => {
  const workflow = workflowOf(
    [
      nodeOf('Start', 'test.start'),
      nodeOf('Ask', 'loopEngineApproval', {
        ...parameters,
        aggregateId: '={{ "order-" + $runIndex }}',
      }),
      nodeOf('Yes', 'test.pass'),
    ],
    {
      Start: { main: [[to('Ask')]] },
      Ask: { main: [[], [to('Yes')]] },
      Yes: { main: [[to('Ask')]] },
    },
  )
  const id = await bench.desk.run(workflow)
  const first = await bench.asked()
  const url = bench.resumeUrl(first)
  await bench.decide(first, 'approve')
  expect(await send(url, first)).toMatchObject({ body: { resumed: true } })
  expect(await bench.pending()).not.toContain(first)
  expect(bench.desk.runs(id, 'Yes')).toBe(1)

  expect(await send(url, first)).toMatchObject({
    status: 200,
    body: { resumed: false, reason: 'not_waited_for' },
  })
  expect(bench.desk.status(id)).toBe('waiting')
  expect(bench.desk.runs(id, 'Yes')).toBe(1)
})
