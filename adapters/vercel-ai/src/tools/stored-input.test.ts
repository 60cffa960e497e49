import { expect, test } from 'vitest'
import { z } from 'zod'

import type { ToolLike } from './govern-options.ts'
import { govern, type GovernedTools } from './govern.ts'
import { callRefund as call, openRefundDesk, type RefundDesk } from './refund-desk.fixture.ts'
import { newest, plain } from './tool-majors.fixture.ts'

const approval = { reviewers: ['group:finance'], expiresIn: '2h', allow: ['edit' as const] }

interface Counter {
  readonly desk: RefundDesk
  readonly governed: GovernedTools<{ readonly refund: ToolLike }>
  /** What the tool was given, in order. */
  readonly given: unknown[]
}

/** A tool that always asks a person, with a schema of its own. */
async function openCounter(inputSchema: z.ZodType): Promise<Counter> {
  const desk = await openRefundDesk(newest)
  const given: unknown[] = []
  const refund = newest.tool({ inputSchema, execute: async (input: unknown) => given.push(input) })
  const { engine } = desk.system
  const options = { engine, clock: desk.clock, policy: { refund: { approval } } }
  return { desk, given, governed: govern({ refund }, options) }
}

function stored(input: unknown): { role: string }[] {
  const part = { type: 'tool-call', toolCallId: 'call-1', toolName: 'refund', input }
  return plain([{ role: 'assistant', content: [part] }])
}

test('a schema that converts does not convert the approved input again', async () => {
  const dollars = z.object({ amount: z.number().transform((amount) => amount * 100) })
  const { desk, governed, given } = await openCounter(dollars)
  // As the SDK hands it over: 500 dollars, read by the schema.
  const cents = { amount: 50_000 }
  await expect(call(governed, cents)).rejects.toThrow('waits')
  await desk.decide('call-1', 'approve')

  const { calls } = await governed.resume(['refund/call-1'])

  expect(calls).toMatchObject([{ status: 'failed', reason: 'invalid_input' }])
  expect(given).toEqual([])
})

test('a schema that converts does not convert again on resuming a conversation with the converted input', async () => {
  const dollars = z.object({ amount: z.number().transform((amount) => amount * 100) })
  const { desk, governed, given } = await openCounter(dollars)
  const cents = { amount: 50_000 }
  await expect(call(governed, cents)).rejects.toThrow('waits')
  await desk.decide('call-1', 'approve')

  await governed.resume(stored(cents))

  expect(given).toEqual([cents])
})

test('a tool whose schema makes a Date gets one, also from a stored conversation', async () => {
  const schema = z.object({ on: z.string().transform((text) => new Date(text)) })
  const input = { on: new Date('2026-11-22T00:00:00Z') }
  for (const target of [['refund/call-1'], stored(input)]) {
    const { desk, governed, given } = await openCounter(schema)
    await expect(call(governed, input)).rejects.toThrow('waits')
    await desk.decide('call-1', 'approve')

    await governed.resume(target as { role: string }[])

    expect(given).toEqual([input])
  }
})

test('an edit runs as the reviewer wrote it, or not at all', async () => {
  const schema = z.object({ amount: z.number(), currency: z.string().default('EUR') })
  const { desk, governed, given } = await openCounter(schema)
  await expect(call(governed, { amount: 1, currency: 'EUR' })).rejects.toThrow('waits')
  await desk.decide('call-1', 'edit', { input: { amount: 2 } })

  const { calls } = await governed.resume(['refund/call-1'])

  expect(calls).toMatchObject([{ status: 'failed', reason: 'invalid_input' }])
  expect(given).toEqual([])
})
