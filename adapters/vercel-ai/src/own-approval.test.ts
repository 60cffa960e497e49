import { describe, expect, test } from 'vitest'

import { govern } from './govern.ts'
import { openRefundDesk } from './refund-desk.fixture.ts'
import { answered, majors, user } from './tool-majors.fixture.ts'

const big = { id: 'call-1', name: 'refund', input: { order: 7, amount: 500 } }

describe.each(majors.filter(({ sdk }) => sdk > 5))(
  'a tool that asks in the chat by itself, on ai $sdk',
  (major) => {
    async function ask(needsApproval: unknown = true) {
      const desk = await openRefundDesk(major)
      const refund = { ...desk.raw.refund, needsApproval }
      const { engine } = desk.system
      const governed = govern({ refund }, { engine, sdk: major.sdk, clock: desk.clock })
      const { model } = major.model([[big]])
      const { messages } = await major.generate({ model, ...governed, messages: [user] })
      return { desk, governed, conversation: [user, ...messages] }
    }

    test('is not run by resume while nobody has answered', async () => {
      const { desk, governed, conversation } = await ask()

      const { ready, pending } = await governed.resume(conversation)
      const { calls } = await governed.resume(['refund/call-1'])

      expect(desk.ran).toEqual([])
      expect(ready).toBe(false)
      expect(pending).toMatchObject([{ callId: 'call-1', claimed: false }])
      expect(calls).toMatchObject([{ status: 'pending' }])
    })

    test('runs once it was answered, and not when the answer is no', async () => {
      for (const [answer, ran] of [
        [true, [big.input]],
        [false, []],
      ] as const) {
        const { desk, governed, conversation } = await ask(async () => true)
        const { ready } = await governed.resume(answered(conversation, { 'call-1': answer }))
        expect([ready, desk.ran]).toEqual([true, ran])
      }
    })
  },
)
