import type { IWorkflowBase } from 'n8n-workflow'
import { afterEach, beforeEach, expect, test } from 'vitest'

import { openBench, type Bench } from './bench.fixture.ts'
import { nodeOf, to, workflowOf } from './workflows.fixture.ts'

let bench: Bench
beforeEach(async () => {
  bench = await openBench()
})
afterEach(() => bench.close())

const asTool = (node: string): [[{ node: string; type: 'ai_tool'; index: number }]] => [
  [{ node, type: 'ai_tool', index: 0 }],
]

/** An agent that pays by a tool, and people who approve each payment. */
function gated(...calls: object[]): IWorkflowBase {
  return workflowOf(
    [
      nodeOf('Start', 'test.start'),
      nodeOf('Agent', 'test.agent', { calls: JSON.stringify(calls) }),
      nodeOf('Gate', 'loopEngineApprovalHitlTool', {
        operation: 'sendAndWait',
        loopId: 'tool-call',
        aggregateId: '={{ $execution.id }}-{{ $json.toolCallId }}',
        transition: 'allow',
        evidence: '={{ { tool: $tool.name, parameters: $tool.parameters } }}',
      }),
      nodeOf('Money', 'test.moneyTool', { amount: "={{ $fromAI('amount', '', 'number') }}" }),
    ],
    {
      Start: { main: [[to('Agent')]] },
      Gate: { ai_tool: asTool('Agent') },
      Money: { ai_tool: asTool('Gate') },
    },
  )
}

test("an agent's tool runs once a person has approved exactly this call", async () => {
  const id = await bench.desk.run(gated({ amount: 250 }))

  expect(bench.desk.status(id)).toBe('waiting')
  const requestId = await bench.asked()
  expect(await bench.api(`/approvals/${encodeURIComponent(requestId)}`)).toMatchObject({
    evidence: { tool: 'Money', parameters: { amount: 250 } },
  })
  expect(bench.desk.runs(id, 'Money')).toBe(0)
  await bench.decide(requestId, 'approve')
  await bench.settle()

  expect(bench.desk.status(id)).toBe('success')
  expect(bench.desk.runs(id, 'Money')).toBe(1)
  expect(bench.desk.output(id, 'Agent')).toEqual([{ answers: [{ paid: 250 }] }])
})

test.each([
  ['rejected', async (requestId: string) => bench.decide(requestId, 'reject', { reason: 'twice' })],
  [
    'edited',
    async (requestId: string) =>
      bench
        .decide(requestId, 'edit', { edits: { tool: 'Money', parameters: { amount: 5 } } })
        .then(() => bench.decide(requestId, 'approve')),
  ],
  ['expired', async () => bench.clock.advance(3 * 3_600_000)],
])('a call that was %s does not run, and the agent is told', async (outcome, close) => {
  const id = await bench.desk.run(gated({ amount: 250 }))
  const requestId = await bench.asked()
  await close(requestId)
  await bench.settle()

  expect(bench.desk.status(id)).toBe('success')
  expect(bench.desk.runs(id, 'Money')).toBe(0)
  expect(bench.desk.output(id, 'Agent')).toMatchObject([
    { answers: [{ outcome, approved: false, data: { approved: false } }] },
  ])
})

test('each of several calls has its own request, and the answer to one opens no other', async () => {
  const id = await bench.desk.run(gated({ amount: 1 }, { amount: 2, approved: true }))
  const first = await bench.asked()
  await bench.decide(first, 'approve')
  await bench.settle()

  expect(bench.desk.status(id)).toBe('waiting')
  expect(bench.desk.runs(id, 'Money')).toBe(0)
  const second = await bench.asked()
  expect(second).not.toBe(first)
  await bench.decide(second, 'reject')
  await bench.settle()

  expect(bench.desk.status(id)).toBe('success')
  expect(bench.desk.runs(id, 'Money')).toBe(1)
})

test('an agent attempts a transition itself, and is told if people have to decide', async () => {
  const workflow = workflowOf(
    [
      nodeOf('Start', 'test.start'),
      nodeOf('Agent', 'test.agent', { calls: '[{ "key": "order-7", "amount": 20 }]' }),
      nodeOf('Refund', 'loopEngineTool', {
        resource: 'run',
        operation: 'transition',
        aggregateId: "={{ $fromAI('key') }}",
        transition: 'pay',
        evidence: "={{ { amount: $fromAI('amount', '', 'number') } }}",
      }),
    ],
    { Start: { main: [[to('Agent')]] }, Refund: { ai_tool: asTool('Agent') } },
  )
  await bench.start('refund', 'order-7')

  const id = await bench.desk.run(workflow)

  expect(bench.desk.output(id, 'Agent')).toMatchObject([
    { answers: [{ status: 'pending_approval', transitionId: 'pay' }] },
  ])
})
