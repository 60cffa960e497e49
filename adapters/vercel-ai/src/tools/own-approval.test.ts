import { describe, expect, test } from 'vitest'

import { ask, big } from './conversation.fixture.ts'
import type { ToolLike } from './govern-options.ts'
import { govern } from './govern.ts'
import { openRefundDesk } from './refund-desk.fixture.ts'
import { answered, newest, user, withApprovals } from './tool-majors.fixture.ts'

describe.each(withApprovals)('a tool that itself asks in the chat, on ai $sdk', (major) => {
  async function asked(needsApproval: unknown = true) {
    const desk = await openRefundDesk(major)
    const refund = { ...desk.raw.refund, needsApproval }
    const { engine } = desk.system
    const governed = govern({ refund }, { engine, sdk: major.sdk, clock: desk.clock })
    return { desk, governed, conversation: await ask(major, governed) }
  }

  test('is not run by resume while nobody has answered', async () => {
    const { desk, governed, conversation } = await asked()

    const { ready, pending } = await governed.resume(conversation)
    const { calls } = await governed.resume(['refund/call-1'])

    expect(desk.ran).toEqual([])
    expect(ready).toBe(false)
    expect(pending).toMatchObject([{ callId: 'call-1', claimed: false }])
    expect(calls).toMatchObject([{ status: 'pending' }])
  })

  test('runs once the answer is yes, and does not run if it is no', async () => {
    for (const [answer, ran] of [
      [true, [big.input]],
      [false, []],
    ] as const) {
      const { desk, governed, conversation } = await asked(async () => true)
      const { ready } = await governed.resume(answered(conversation, { 'call-1': answer }))
      expect([ready, desk.ran]).toEqual([true, ran])
    }
  })
})

// The first hundred releases of `ai` 7 do not call `onInputAvailable` for calls that a vendor streams in one piece.
test.each(withApprovals)(
  'a question in the chat is on record although the SDK did not call onInputAvailable, on ai $sdk',
  async (major) => {
    const desk = await openRefundDesk(major)
    const refund = { ...desk.raw.refund, needsApproval: true }
    const { engine } = desk.system
    const governed = govern({ refund }, { engine, sdk: major.sdk, clock: desk.clock })
    const { onInputAvailable: _, ...untold } = governed.tools.refund as ToolLike
    const conversation = await ask(major, { ...governed, tools: { refund: untold } })

    expect(await governed.resume(conversation)).toMatchObject({
      ready: false,
      calls: [{ status: 'pending', reason: 'unanswered' }],
    })
    await governed.resume(answered(conversation, { 'call-1': true }))
    expect(desk.ran).toEqual([big.input])
  },
)

test('a question that the caller asks by its own toolApproval is waited for as well', async () => {
  const desk = await openRefundDesk(newest)
  const { tools, resume } = govern(
    { refund: desk.raw.refund },
    { engine: desk.system.engine, clock: desk.clock },
  )
  const { model } = newest.model([[big]])
  const toolApproval = { refund: 'user-approval' }
  const asked = await newest.generate({ model, tools, toolApproval, messages: [user] })
  const conversation = [user, ...asked.messages]

  expect(await resume(conversation)).toMatchObject({ ready: false, calls: [{ status: 'pending' }] })
  expect(desk.ran).toEqual([])
  expect((await resume(answered(conversation, { 'call-1': true }))).ready).toBe(true)
  expect(desk.ran).toEqual([big.input])
})

test.each(withApprovals)(
  'a question in a chat is waited for, and withdrawn when the chat goes on without an answer, on ai $sdk',
  async (major) => {
    const desk = await openRefundDesk(major)
    const refund = { ...desk.raw.refund, needsApproval: true }
    const { engine } = desk.system
    const { tools, toolApproval, resume } = govern({ refund }, { engine, sdk: major.sdk })
    const { model, prompts } = major.model([[big], 'It was not refunded.'])
    const line = (text: string) => ({ role: 'user' as const, parts: [{ type: 'text', text }] })
    const first = { id: 'u-1', ...line('Refund.') }
    const asked = await major.chat({ model, tools, toolApproval, ui: [first] })
    const ui = [first, asked, { id: 'u-2', ...line('And?') }]
    expect((await resume(ui)).ready).toBe(false)

    const told = await resume(ui, { whilePending: 'tell' })
    await major.chat({ model, tools, toolApproval, ui: told.messages })
    expect(told).toMatchObject({ ready: true, calls: [{ status: 'denied', reason: 'unanswered' }] })
    expect(prompts[1]).toContain('NOT executed')

    await resume(told.messages)
    await resume(['refund/call-1'])
    expect(desk.ran).toEqual([])
    expect(await desk.stateOf('refund/call-1')).toBe('DENIED')
  },
)

test.each(withApprovals)(
  'an answer in the chat counts for its own call, not for another tool’s call with the same id, on ai $sdk',
  async (major) => {
    for (const answer of [true, false]) {
      const desk = await openRefundDesk(major)
      const { engine } = desk.system
      const refund = { ...desk.raw.refund, needsApproval: true }
      const lookup = { ...desk.raw.lookup, needsApproval: true }
      const { tools, toolApproval, resume } = govern({ refund, lookup }, { engine, sdk: major.sdk })
      const id = 'call_0'
      const order = { order: 7 }
      const { model } = major.model([[{ id, name: 'lookup', input: order }], [{ ...big, id }]])
      const ask = async (messages: Parameters<typeof answered>[0]) => [
        ...messages,
        ...(await major.generate({ model, tools, toolApproval, messages })).messages,
      ]
      const looked = await resume(answered(await ask([user]), { [id]: answer }))

      const { pending } = await resume(await ask(looked.messages as never))

      expect(pending).toMatchObject([{ tool: 'refund', reason: 'unanswered', claimed: false }])
      expect(desk.ran).toEqual([])
    }
  },
)
