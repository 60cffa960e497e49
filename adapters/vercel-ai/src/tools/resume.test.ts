import { describe, expect, test } from 'vitest'

import { big, other } from './conversation.fixture.ts'
import { openRefundDesk, type RefundDesk } from './refund-desk.fixture.ts'
import { majors, plain, type Major, type UiMessage } from './tool-majors.fixture.ts'

const third = { id: 'call-3', name: 'refund', input: { order: 9, amount: 300 } }
const small = { id: 'call-4', name: 'refund', input: { order: 9, amount: 3 } }

type Governed = ReturnType<RefundDesk['govern']>
const hello: UiMessage = { id: 'u-1', role: 'user', parts: [{ type: 'text', text: 'Refund 7.' }] }

/** One request of a chat: takes the messages that `useChat` sends, and returns the messages that it then holds. */
async function chat(
  major: Major,
  governed: Governed,
  ui: readonly UiMessage[],
  turns: Parameters<Major['model']>[0],
): Promise<{ ui: UiMessage[]; prompts: string[] }> {
  const { model, prompts } = major.model(turns)
  const { tools, toolApproval } = governed
  const message = await major.chat({ model, tools, toolApproval, ui })
  const before = ui.at(-1)?.role === 'assistant' ? ui.slice(0, -1) : ui
  return { ui: [...before, message], prompts }
}

function toolParts(ui: readonly UiMessage[]): Record<string, Record<string, unknown>> {
  const parts = ui.flatMap(({ parts }) => parts).filter(({ toolCallId }) => toolCallId)
  return Object.fromEntries(parts.map((part) => [String(part['toolCallId']), part]))
}

/** `addToolApprovalResponse` of `useChat`. */
function respond(ui: readonly UiMessage[], callId: string, approved: boolean): UiMessage[] {
  const answer = (part: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
    part['toolCallId'] === callId && part['approval']
      ? {
          ...part,
          state: 'approval-responded',
          approval: { ...(part['approval'] as object), approved },
        }
      : part
  return ui.map((message) => ({ ...message, parts: message.parts.map(answer) }))
}

describe.each(majors)('a chat on ai $sdk', (major) => {
  const { sdk } = major

  test('pauses, is answered elsewhere, and goes on with the result in its messages', async () => {
    const desk = await openRefundDesk(major)
    const governed = desk.govern()
    const asked = await chat(major, governed, [hello], [[big]])
    const waiting = sdk === 5 ? 'input-available' : 'approval-requested'
    expect(toolParts(asked.ui)['call-1']).toMatchObject({ state: waiting })

    await desk.decide('call-1', 'approve')
    const stored = await major.validate(plain(respond(asked.ui, 'call-1', true)), governed.tools)
    const { messages, ready } = await governed.resume(stored)
    expect(ready).toBe(true)
    const valid = await major.validate(plain(messages), governed.tools)
    const after = await chat(major, governed, valid, ['Refunded.'])

    expect(desk.ran).toEqual([big.input])
    expect(after.prompts[0]).toContain('R-1')
    expect(toolParts(after.ui)['call-1']).toMatchObject({
      state: 'output-available',
      output: { refunded: 500 },
    })
    // The client sends everything again: nothing runs again, and the stored result stands.
    const again = await governed.resume(plain(after.ui))
    expect(toolParts(again.messages)).toEqual(toolParts(after.ui))
    expect(desk.ran).toHaveLength(1)
  })

  test('whose client only claims an approval waits for the real one', async () => {
    const desk = await openRefundDesk(major)
    const governed = desk.govern()
    const asked = await chat(major, governed, [hello], [[big]])
    const claimed = respond(asked.ui, 'call-1', true)

    const { ready, pending } = await governed.resume(claimed)
    expect({ ready, pending }).toMatchObject({
      ready: false,
      pending: [{ callId: 'call-1', claimed: sdk !== 5, approvalId: expect.any(String) }],
    })
  })

  test.runIf(sdk > 5)(
    'that a server forgets to resume is told that nothing ran, and gets the result later',
    async () => {
      const desk = await openRefundDesk(major)
      const governed = desk.govern()
      const asked = await chat(major, governed, [hello], [[big]])
      const claimed = respond(asked.ui, 'call-1', true)

      const blind = await chat(major, governed, claimed, ['I am waiting.'])
      expect(blind.prompts[0]).toContain('NOT executed')
      expect(desk.ran).toEqual([])
      await desk.decide('call-1', 'approve')
      const mended = await governed.resume(plain(blind.ui))
      expect(toolParts(mended.messages)['call-1']).toMatchObject({ state: 'output-available' })
    },
  )

  test('accepts several approvals of one step in any order, with mixed results', async () => {
    for (const order of [
      ['call-1', 'call-2', 'call-3'],
      ['call-3', 'call-1', 'call-2'],
      ['call-2', 'call-3', 'call-1'],
    ]) {
      const desk = await openRefundDesk(major)
      const governed = desk.govern()
      let { ui } = await chat(major, governed, [hello], [[big, other, third, small]])
      for (const callId of order) {
        expect((await governed.resume(ui)).ready).toBe(false)
        if (callId === 'call-1') await desk.decide(callId, 'approve')
        if (callId === 'call-2') await desk.decide(callId, 'reject')
        if (callId === 'call-3')
          await desk.decide(callId, 'edit', { input: { order: 9, amount: 200 } })
        ui = plain((await governed.resume(ui)).messages)
      }
      const { messages, ready, calls } = await governed.resume(ui)
      expect(ready).toBe(true)
      expect(calls.map(({ status }) => status)).toEqual([
        'executed',
        'denied',
        'executed',
        'executed',
      ])
      const parts = toolParts(messages)
      expect(parts['call-2']).toMatchObject({
        state: sdk === 5 ? 'output-error' : 'output-denied',
      })
      expect(parts['call-3']).toMatchObject({ input: { order: 9, amount: 200 } })
      const valid = await major.validate(plain(messages), governed.tools)
      const { prompts } = await chat(major, governed, valid, ['Done.'])
      for (const id of ['call-1', 'call-2', 'call-3', 'call-4'])
        expect(prompts[0]).toContain(`"toolCallId":"${id}"`)
      expect(desk.ran.map(({ order }) => order).toSorted((a, b) => a - b)).toEqual([7, 9, 9])
    }
  })

  test('whose input is changed in a stored part runs nothing', async () => {
    const desk = await openRefundDesk(major)
    const governed = desk.govern()
    const { ui } = await chat(major, governed, [hello], [[big]])
    await desk.decide('call-1', 'approve')
    const text = JSON.stringify(respond(ui, 'call-1', true)).replaceAll('500', '50000')
    const { calls } = await governed.resume(JSON.parse(text) as UiMessage[])
    expect(calls).toMatchObject([{ reason: 'input_mismatch' }])
    expect(desk.ran).toEqual([])
  })

  test('can go on talking while a call waits, and gets its result later', async () => {
    const desk = await openRefundDesk(major)
    const governed = desk.govern()
    const { ui } = await chat(major, governed, [hello], [[big]])
    const more: UiMessage = { id: 'u-2', role: 'user', parts: [{ type: 'text', text: 'Well?' }] }
    const told = await governed.resume([...ui, more], { whilePending: 'tell' })
    const talked = await chat(major, governed, told.messages, ['It waits.'])
    expect(talked.prompts[0]).toContain('waits for approval')

    await desk.decide('call-1', 'approve')
    const { messages } = await governed.resume(plain(talked.ui))
    expect(toolParts(messages)['call-1']).toMatchObject({ state: 'output-available' })
    expect(desk.ran).toHaveLength(1)
  })

  test('resumes a generation from its result alone, and an agent from its messages', async () => {
    const desk = await openRefundDesk(major)
    const governed = desk.govern()
    const { tools, toolApproval } = governed
    const { model, prompts } = major.model([[big], 'Refunded.'])
    const agent = major.agent({ model, tools, toolApproval })
    const asked = await agent.generate({ prompt: 'Refund 7.' })
    await desk.decide('call-1', 'approve')

    const resumed = await governed.resume(asked.result as { response: { messages: object[] } })
    const messages = [{ role: 'user', content: 'Refund 7.' }, ...resumed.messages]
    expect((await agent.generate({ messages })).text).toBe('Refunded.')
    expect(prompts[1]).toContain('R-1')
    expect(desk.ran).toEqual([big.input])
  })
})
