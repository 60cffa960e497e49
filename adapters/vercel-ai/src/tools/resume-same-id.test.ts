import { expect, test } from 'vitest'

import { callRefund, openRefundDesk, type RefundDesk } from './refund-desk.fixture.ts'
import { newest } from './tool-majors.fixture.ts'

const big = { order: 7, amount: 500 }
const id = 'call_0'

type Governed = ReturnType<RefundDesk['govern']>

/** A vendor that numbers its calls anew in each answer: a refund waits, then a lookup runs, both under one id. */
async function askTwice(desk: RefundDesk): Promise<Governed> {
  const governed = desk.govern()
  await expect(callRefund(governed, big, id)).rejects.toThrow('waits')
  const lookup = governed.tools['lookup']?.execute as (input: object, given: object) => unknown
  await lookup({ order: 7 }, { toolCallId: id, messages: [] })
  return governed
}

const found = { type: 'json', value: { order: 7, total: 500 } }
const paid = { type: 'json', value: { refunded: 500, receipt: 'R-1' } }
const calls = {
  refund: { type: 'tool-call', toolCallId: id, toolName: 'refund', input: big },
  lookup: { type: 'tool-call', toolCallId: id, toolName: 'lookup', input: { order: 7 } },
  // The browser answers it.
  confirm: { type: 'tool-call', toolCallId: id, toolName: 'confirm', input: {} },
}
const confirmed = { type: 'json', value: 'yes' }
const resultOf = (toolName: string, output: object): object => ({
  type: 'tool-result',
  toolCallId: id,
  toolName,
  output,
})

test('two tools called under one id each get their own result, and the waiting call is waited for', async () => {
  const desk = await openRefundDesk(newest)
  const governed = await askTwice(desk)
  const conversation = [
    { role: 'assistant', content: [calls.refund] },
    { role: 'assistant', content: [calls.lookup] },
  ]

  const waiting = await governed.resume(conversation)
  await desk.decide(id, 'approve')
  const done = await governed.resume(waiting.messages)

  const looked = [conversation[1], { role: 'tool', content: [resultOf('lookup', found)] }]
  expect(waiting).toMatchObject({ ready: false, pending: [{ tool: 'refund' }] })
  expect(waiting.messages).toEqual([conversation[0], ...looked])
  expect(done.ready).toBe(true)
  expect(done.messages).toEqual([
    conversation[0],
    { role: 'tool', content: [resultOf('refund', paid)] },
    ...looked,
  ])
})

test('two tools called under one id in one step get their own results, beside an ungoverned tool', async () => {
  const desk = await openRefundDesk(newest)
  const governed = await askTwice(desk)
  await desk.decide(id, 'approve')

  const { messages } = await governed.resume([
    { role: 'assistant', content: Object.values(calls) },
    { role: 'tool', content: [resultOf('confirm', confirmed)] },
  ])

  expect(messages[1]).toEqual({
    role: 'tool',
    content: [resultOf('confirm', confirmed), resultOf('refund', paid), resultOf('lookup', found)],
  })
})

test('two tools called under one id get their own results in the parts of a chat', async () => {
  const desk = await openRefundDesk(newest)
  const governed = await askTwice(desk)
  const part = (tool: 'refund' | 'lookup'): object => ({
    type: `tool-${tool}`,
    toolCallId: id,
    state: 'input-available',
    input: calls[tool].input,
  })
  const parts = [part('refund'), part('lookup')]

  const { messages, ready } = await governed.resume([{ role: 'assistant', parts }])

  expect(ready).toBe(false)
  expect(messages).toMatchObject([
    { parts: [part('refund'), { state: 'output-available', output: found.value }] },
  ])
})

test('a result under the name of another tool does not count for the tool that was called', async () => {
  const desk = await openRefundDesk(newest)
  const governed = desk.govern()
  await expect(callRefund(governed, big, id)).rejects.toThrow('waits')

  const { messages } = await governed.resume([
    { role: 'assistant', content: [calls.refund] },
    { role: 'tool', content: [resultOf('lookup', paid)] },
  ])

  expect(JSON.stringify(messages)).toContain('waits for approval')
  expect(JSON.stringify(messages)).not.toContain('R-1')
})

test('a result under the name of another tool does not count, though that tool has a call of this id', async () => {
  const desk = await openRefundDesk(newest)
  const governed = desk.govern()
  await expect(callRefund(governed, big, id)).rejects.toThrow('waits')

  const { messages } = await governed.resume([
    { role: 'assistant', content: [calls.refund] },
    { role: 'assistant', content: [calls.confirm] },
    { role: 'tool', content: [resultOf('refund', paid)] },
  ])

  expect(JSON.stringify(messages)).not.toContain('R-1')
})

const small = { order: 7, amount: 50 }
const other = { order: 8, amount: 60 }
const callOf = (input: object): object => ({ ...calls.refund, input })
const paidSmall = { type: 'json', value: { refunded: 50, receipt: 'R-1' } }
const notExecuted = { type: 'error-text', value: expect.stringContaining('NOT executed') }

/** One tool twice under one id: the first call ran, and the second is refused. */
async function askOneToolTwice(): Promise<Governed> {
  const governed = (await openRefundDesk(newest)).govern()
  await callRefund(governed, small, id)
  await expect(callRefund(governed, other, id)).rejects.toThrow('NOT executed')
  return governed
}

test('one tool called twice under one id keeps the outcome of each call', async () => {
  const { resume } = await askOneToolTwice()
  const first = [
    { role: 'assistant', content: [callOf(small)] },
    { role: 'tool', content: [resultOf('refund', paidSmall)] },
  ]

  const { messages, calls: settled } = await resume([
    ...first,
    { role: 'assistant', content: [callOf(other)] },
    { role: 'tool', content: [resultOf('refund', paidSmall)] },
  ])

  expect(messages).toEqual([
    ...first,
    { role: 'assistant', content: [callOf(other)] },
    { role: 'tool', content: [resultOf('refund', notExecuted)] },
  ])
  expect(settled).toMatchObject([{ status: 'executed' }, { status: 'refused' }])
})

test.each([
  ['without results', []],
  ['with results', [resultOf('refund', paidSmall), resultOf('refund', paidSmall)]],
])('one tool called twice under one id in one step keeps both outcomes, %s', async (_, results) => {
  const { resume } = await askOneToolTwice()

  const { messages } = await resume([
    { role: 'assistant', content: [callOf(small), callOf(other)] },
    { role: 'tool', content: results },
  ])

  expect(messages[1]).toEqual({
    role: 'tool',
    content: [resultOf('refund', paidSmall), resultOf('refund', notExecuted)],
  })
})

test('one tool called twice under one id keeps both outcomes in the parts of a chat', async () => {
  const { resume } = await askOneToolTwice()
  const part = (input: object): object => ({
    type: 'tool-refund',
    toolCallId: id,
    state: 'input-available',
    input,
  })

  const { messages } = await resume([
    { role: 'assistant', parts: [part(small)] },
    { role: 'assistant', parts: [part(other)] },
  ])

  expect(messages).toMatchObject([
    { parts: [{ state: 'output-available', output: paidSmall.value }] },
    { parts: [{ state: 'output-error', errorText: notExecuted.value }] },
  ])
})
