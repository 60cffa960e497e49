import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import type { IWorkflowBase } from 'n8n-workflow'
import { afterEach, beforeEach, expect, test } from 'vitest'

import { openBench, type Bench } from './bench.fixture.ts'
import { nodeOf, workflowOf } from './workflows.fixture.ts'

let bench: Bench
beforeEach(async () => {
  bench = await openBench({ events: true })
})
afterEach(() => bench.close())

/** An imported template in which the credential was picked in each of our nodes. */
function imported(name: string): IWorkflowBase {
  const text = readFileSync(join(import.meta.dirname, `../dist/templates/${name}.json`), 'utf8')
  const { nodes, connections, ...rest } = JSON.parse(text) as IWorkflowBase
  const { credentials } = nodeOf('any', 'loopEngine')
  const picked = nodes.map((node) =>
    node.type.startsWith('n8n-nodes-loop-engine.') ? { ...node, credentials } : node,
  )
  return { ...rest, ...workflowOf(picked, connections) }
}

test('approve-a-refund pays a refund that finance approved', async () => {
  const id = await bench.desk.run(imported('approve-a-refund'), [
    { json: { body: { order: 'order-9', amount: 25 } } },
  ])
  const requestId = await bench.asked()
  await bench.decide(requestId, 'approve')
  await bench.settle()

  expect(bench.desk.output(id, 'Pay it back')).toMatchObject([
    { aggregateId: 'order-9', evidence: { amount: 25 } },
  ])
  expect(bench.desk.runs(id, 'Tell the customer why not')).toBe(0)
})

test('gate-a-tool-of-an-agent shows people a call before it is made', async () => {
  const id = await bench.desk.run(imported('gate-a-tool-of-an-agent'), [
    { json: { chatInput: '[{ "account": "NL01", "amount": 7 }]' } },
  ])
  const requestId = await bench.asked()
  expect(await bench.api(`/approvals/${encodeURIComponent(requestId)}`)).toMatchObject({
    evidence: {
      tool: 'Send_money',
      parameters: { account: 'NL01', amount: 7 },
      message: 'The agent wants to use Send_money.',
    },
  })
  expect(bench.desk.runs(id, 'Send money')).toBe(0)
  await bench.decide(requestId, 'approve')
  await bench.settle()

  expect(bench.desk.output(id, 'Agent')).toEqual([
    { answers: [{ posted: '{"account":"NL01","amount":7}' }] },
  ])
})

test('follow-approvals runs for each request, once, with the run it is about', async () => {
  bench.desk.activate(imported('follow-approvals'))

  const id = await bench.desk.run(imported('approve-a-refund'), [
    { json: { body: { order: 'order-9', amount: 25 } } },
  ])
  await bench.settle()

  const followed = String(Number(id) + 1)
  expect(bench.desk.output(followed, 'Post it where your team reads')).toMatchObject([
    { aggregateId: 'order-9', openApprovals: 1 },
  ])
  expect(bench.desk.executions()).toBe(2)
})
