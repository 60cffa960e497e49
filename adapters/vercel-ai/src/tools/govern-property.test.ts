import fc from 'fast-check'
import { expect, test } from 'vitest'

import { openRefundDesk } from './refund-desk.fixture.ts'
import { answered, majors, plain, user, type Message } from './tool-majors.fixture.ts'

const amounts = [500, 700, 900]
const calls = amounts.map((amount, index) => ({
  id: `call-${index}`,
  name: 'refund',
  input: { order: index, amount },
}))

const index = fc.nat({ max: calls.length - 1 })
const step = fc.oneof(
  fc.record({ do: fc.constant('approve' as const), index }),
  fc.record({ do: fc.constant('reject' as const), index }),
  fc.record({ do: fc.constant('edit' as const), index }),
  fc.record({ do: fc.constant('resume' as const), tell: fc.boolean() }),
  fc.record({ do: fc.constant('resume-one' as const), index }),
  // The client claims whatever it likes, and the server forgets to resume.
  fc.record({ do: fc.constant('replay' as const), claims: fc.array(fc.boolean()) }),
  fc.record({ do: fc.constant('tamper' as const), index, amount: fc.constantFrom(1, 501, 9999) }),
  fc.record({ do: fc.constant('restart' as const) }),
)

test.each(majors)(
  'whatever the order of decisions, replays and tampering on ai $sdk, a call runs at most once and only as approved',
  async (major) => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
        const desk = await openRefundDesk(major)
        let governed = desk.govern()
        const { model } = major.model([calls])
        const { tools, toolApproval } = governed
        const asked = await major.generate({ model, tools, toolApproval, messages: [user] })
        let conversation: Message[] = [user, ...asked.messages]
        const approved = new Map<number, number>()

        for (const each of steps) {
          if (each.do === 'approve' || each.do === 'reject' || each.do === 'edit') {
            const asks = calls[each.index]
            if (!asks) continue
            const { id, input } = asks
            const edited = { input: { ...input, amount: 333 } }
            const decided = await desk
              .decide(id, each.do, each.do === 'edit' ? edited : undefined)
              .catch(() => undefined)
            if (decided?.status === 'executed')
              approved.set(each.index, each.do === 'edit' ? 333 : input.amount)
          } else if (each.do === 'resume') {
            const whilePending = each.tell ? 'tell' : 'hold'
            conversation = plain((await governed.resume(conversation, { whilePending })).messages)
          } else if (each.do === 'resume-one') {
            await governed.resume([`refund/call-${each.index}`])
          } else if (each.do === 'replay') {
            const claims = Object.fromEntries(each.claims.map((yes, at) => [`call-${at}`, yes]))
            const sent = major.model(['ok'])
            // The SDK may refuse such a history; it may not run what was not approved.
            await major
              .generate({
                model: sent.model,
                tools: governed.tools,
                toolApproval: governed.toolApproval,
                messages: answered(conversation, claims),
              })
              .catch(() => undefined)
          } else if (each.do === 'tamper') {
            const text = JSON.stringify(conversation).replaceAll(
              `"amount":${amounts[each.index]}`,
              `"amount":${each.amount}`,
            )
            await governed.resume(JSON.parse(text) as Message[])
          } else governed = desk.govern()
        }

        for (const { order, amount } of desk.ran) expect(approved.get(order)).toBe(amount)
        expect(new Set(desk.ran.map(({ order }) => order)).size).toBe(desk.ran.length)
        // And nothing that was approved is lost.
        await governed.resume(calls.map(({ id }) => `refund/${id}`))
        expect(desk.ran.length).toBe(approved.size)
      }),
      { numRuns: 60, seed: 20260101 },
    )
  },
)
