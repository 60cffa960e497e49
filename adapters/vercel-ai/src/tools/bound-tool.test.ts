import { describe, expect, test } from 'vitest'
import { z } from 'zod'

import { ask } from './conversation.fixture.ts'
import type { ToolsLike } from './govern-options.ts'
import { govern } from './govern.ts'
import { openRefundDesk, resultsIn } from './refund-desk.fixture.ts'
import { answered, majors, user, withApprovals } from './tool-majors.fixture.ts'

/** The SDK calls the methods of a tool on the tool itself. */
class Refund {
  readonly ran: number[] = []
  readonly fee = 3
  readonly limit = 100
  readonly inputSchema = z.object({ amount: z.number() })

  needsApproval({ amount }: { readonly amount: number }): boolean {
    return amount > this.limit
  }

  async execute({ amount }: { readonly amount: number }): Promise<object> {
    this.ran.push(amount)
    return { paid: amount - this.fee, secret: 'of the bank' }
  }

  toModelOutput(): object {
    return { type: 'text', value: `Paid, less ${this.fee}.` }
  }
}

const call = (amount: number) => [{ id: `of-${amount}`, name: 'refund', input: { amount } }]
const paid = { type: 'text', value: 'Paid, less 3.' }

describe.each(majors)('a tool that is an instance of a class, on ai $sdk', (major) => {
  test.each([false, true])('runs as it does alone, in shadow: %s', async (shadow) => {
    const desk = await openRefundDesk(major)
    const refund = new Refund()
    const { engine } = desk.system
    const { tools } = govern<ToolsLike>({ refund }, { engine, shadow, sdk: major.sdk })
    const { model } = major.model([call(50), 'Done.'])

    const { messages } = await major.generate({ model, tools, messages: [user] })

    expect(refund.ran).toEqual([50])
    expect(resultsIn(messages)).toEqual({ 'of-50': paid })
  })
})

test.each(withApprovals)(
  'a tool that is an instance of a class asks in the chat and is resumed, on ai $sdk',
  async (major) => {
    const desk = await openRefundDesk(major)
    const refund = new Refund()
    const { engine } = desk.system
    const governed = govern<ToolsLike>({ refund }, { engine, sdk: major.sdk })
    const conversation = await ask(major, governed, call(500))
    expect(refund.ran).toEqual([])

    const { messages } = await governed.resume(answered(conversation, { 'of-500': true }))

    expect(refund.ran).toEqual([500])
    expect(resultsIn(messages)).toEqual({ 'of-500': paid })
  },
)
