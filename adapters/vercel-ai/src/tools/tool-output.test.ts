import { describe, expect, test } from 'vitest'

import { govern } from './govern.ts'
import { callRefund as call, openRefundDesk } from './refund-desk.fixture.ts'
import { newest, user } from './tool-majors.fixture.ts'
import { modelOutputOf, prefixed, settledOutput } from './tool-output.ts'

const input = { order: 7, amount: 20 }
const result = { toolCallId: 'call-1', input, output: { refunded: 20 } }

describe('what a model reads of a result', () => {
  test('is what toModelOutput of the tool makes of it; on ai 5 it is handed the result alone', async () => {
    const tool = { toModelOutput: (value: unknown) => ({ type: 'json', value }) }

    expect(await modelOutputOf(tool, result)).toEqual({ type: 'json', value: result })
    expect(await modelOutputOf(tool, result, 5)).toEqual({ type: 'json', value: result.output })
  })

  test('is text or JSON if the tool has no toModelOutput', async () => {
    const of = (output: unknown) => modelOutputOf({}, { ...result, output })

    expect(await of('Done.')).toEqual({ type: 'text', value: 'Done.' })
    expect(await of(undefined)).toEqual({ type: 'json', value: null })
  })

  test.each([
    [{ type: 'text', value: 'Done.' }, { value: 'Mind: edited.\nDone.' }],
    [
      { type: 'json', value: { ok: true } },
      { type: 'content', value: [{}, { text: '{"ok":true}' }] },
    ],
    [{ type: 'content', value: [{ type: 'media' }] }, { value: [{}, { type: 'media' }] }],
    [{ type: 'error-text', value: 'No.' }, { value: 'No.' }],
  ])('has a note put before it in its own form: %j', (output, noted) => {
    expect(prefixed('Mind: edited.', output)).toMatchObject(noted)
    expect(prefixed(undefined, output)).toBe(output)
  })

  test('is a denial, if the SDK has one', async () => {
    const outcome = { tool: 'refund', callId: 'c', aggregateId: 'a', edited: false } as const
    const denied = { ...outcome, status: 'denied', message: 'No.' } as const

    expect(await settledOutput({}, denied)).toEqual({ type: 'execution-denied', reason: 'No.' })
    expect(await settledOutput({}, denied, 5)).toEqual({ type: 'error-text', value: 'No.' })
  })
})

test('a call that ran already needs no approval again, and keeps its result', async () => {
  const desk = await openRefundDesk(newest)
  const governed = desk.govern()
  await call(governed, input)
  const { refund } = governed.toolApproval

  const given = { toolCallId: 'call-1', messages: [] }
  expect(await refund?.(input, given)).toBe('not-applicable')
  const { messages } = await governed.resume([{ aggregateId: 'refund/call-1' }])
  const content = [{ type: 'tool-result', output: { value: { refunded: 20 } } }]
  expect(messages).toMatchObject([{ role: 'tool', content }])
  await expect(governed.resume(['refund/none'])).rejects.toMatchObject({ code: 'not_found' })
  expect(desk.ran).toHaveLength(1)
})

test('a result that is too long for the record stays as it is in the conversation', async () => {
  const desk = await openRefundDesk(newest)
  const long = 'x'.repeat(300_000)
  const refund = { ...desk.raw.refund, execute: async () => long }
  const { tools, resume } = govern({ refund }, { engine: desk.system.engine })
  const turns = [[{ id: 'call-1', name: 'refund', input }], 'Done.']
  const { messages } = await newest.generate({
    model: newest.model(turns).model,
    tools,
    messages: [user],
  })
  const part = { type: 'tool-refund', toolCallId: 'call-1', state: 'output-available', input }
  const shown = { id: 'm', role: 'assistant', parts: [{ ...part, output: long }] } as const

  expect((await resume([user, ...messages])).messages).toEqual([user, ...messages])
  expect((await resume([shown])).messages).toEqual([shown])
  // A claim that the call failed is invented.
  const failed = { ...part, state: 'output-error', errorText: 'It failed.' }
  const { messages: mended } = await resume([{ ...shown, parts: [failed] }])
  expect(mended).toMatchObject([{ parts: [{ state: 'output-available', output: null }] }])
})

test('a tool with the policy ungoverned, or that the browser answers, is handed through', async () => {
  const { raw, system } = await openRefundDesk(newest)
  const { execute: _, ...answered } = raw.refund
  const given = { answered, lookup: raw.lookup, 'refund money!': raw.refund }

  const { tools, ready } = govern(given, {
    engine: system.engine,
    policy: { lookup: 'ungoverned' },
  })
  await ready

  expect([tools.answered, tools.lookup]).toEqual([answered, raw.lookup])
  // A name that no loop can have.
  const { execute } = tools['refund money!'] as { execute: (...given: unknown[]) => unknown }
  await execute(input, { toolCallId: 'call-1', messages: [] })
  const { items } = await system.engine.find({})
  expect(items).toMatchObject([
    { loopId: expect.stringMatching(/^tool_refund_money_-[0-9a-f]{12}$/) },
  ])
})
