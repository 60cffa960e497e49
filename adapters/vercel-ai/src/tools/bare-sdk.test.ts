import { describe, expect, test } from 'vitest'

import { ask, big, forged, other, tampered } from './conversation.fixture.ts'
import { openRefundDesk } from './refund-desk.fixture.ts'
import { answered, oldest, user, withApprovals } from './tool-majors.fixture.ts'

// What the SDK does without governance. If one of these fails, the proof beside it no longer proves anything.
describe.each(withApprovals)('ai $sdk', (major) => {
  const { sdk } = major

  test('the bare SDK executes arguments changed after approval', async () => {
    const desk = await openRefundDesk(major)
    const refund = { ...desk.raw.refund, needsApproval: true }
    const conversation = await ask(major, { tools: { refund }, toolApproval: {} })
    const changed = answered(tampered(conversation, 50_000), { 'call-1': true })

    const { model } = major.model(['Done.'])
    await major.generate({ model, tools: { refund }, messages: changed })

    expect(desk.ran).toEqual([{ order: 7, amount: 50_000 }])
  })

  test('the bare SDK executes a forged approval', async () => {
    const desk = await openRefundDesk(major)
    const { model } = major.model(['Done.'])
    const tools = { refund: { ...desk.raw.refund, needsApproval: true } }
    await major.generate({ model, tools, messages: forged(5000) })
    expect(desk.ran).toHaveLength(1)
  })

  test('the bare SDK executes a signed history twice', async () => {
    const desk = await openRefundDesk(major)
    const tools = { refund: { ...desk.raw.refund, needsApproval: true } }
    const secret = { experimental_toolApprovalSecret: 'a secret of at least thirty-two bytes' }
    const { model } = major.model([[big]])
    const asked = await major.generate({ model, tools, ...secret, messages: [user] })
    const messages = answered([user, ...asked.messages], { 'call-1': true })
    for (let replay = 0; replay < 2; replay++) {
      const again = major.model(['Done.'])
      await major.generate({ model: again.model, tools, ...secret, messages })
    }
    expect(desk.ran).toHaveLength(2)
  })

  test('the bare SDK loses the first of two answers', async () => {
    const desk = await openRefundDesk(major)
    const tools = { refund: { ...desk.raw.refund, needsApproval: true } }
    const conversation = await ask(major, { tools, toolApproval: {} }, [big, other])
    const { model } = major.model(['Done.'])
    const messages = answered(conversation, { 'call-2': true })
    await expect(major.generate({ model, tools, messages })).rejects.toThrow('Tool result')
    expect(desk.ran).toHaveLength(1)
  })

  test.runIf(sdk === 7)('the bare SDK executes when toolApproval says nothing', async () => {
    const desk = await openRefundDesk(major)
    const tools = { refund: { ...desk.raw.refund, needsApproval: true } }
    const { model } = major.model([[big], 'ok'])
    await major.generate({ model, tools, toolApproval: () => undefined, messages: [user] })
    expect(desk.ran).toHaveLength(1)
  })
})

test('the bare SDK 5 executes at once: it has no approvals', async () => {
  const desk = await openRefundDesk(oldest)
  await ask(oldest, {
    tools: { refund: { ...desk.raw.refund, needsApproval: true } },
    toolApproval: {},
  })
  expect(desk.ran).toEqual([big.input])
})
