import { describe, expect, test } from 'vitest'
import { z } from 'zod'

import type { ToolsLike } from './govern-options.ts'
import { govern } from './govern.ts'
import { finance, openRefundDesk, policy, resultsIn } from './refund-desk.fixture.ts'
import { majors, user } from './tool-majors.fixture.ts'

const big = { order: 7, amount: 500 }

/** A model that looks an order up, asks in the same answer for a refund that cannot be judged, and goes on. */
const turns = (input: object, id = 'call-2') => [
  [
    { id: 'call-1', name: 'lookup', input: { order: 7 } },
    { id, name: 'refund', input },
  ],
  'I could not do that.',
]

describe.each(majors)('a fault of one call does not end the answer on ai $sdk:', (major) => {
  test.each([
    ['half a character in its input', { ...big, note: 'Thanks \ud83c' }, 'call-2'],
    ['an input that is larger than a record', { ...big, note: 'x'.repeat(300_000) }, 'call-2'],
    ['an id that is not well-formed text', big, 'call-\ud83c'],
    ['a missing id', big, ''],
  ])('%s', async (_, input, id) => {
    const desk = await openRefundDesk(major)
    const ran: unknown[] = []
    const refund = major.tool({
      inputSchema: z.object({ order: z.number(), amount: z.number(), note: z.string().optional() }),
      execute: async (given: unknown) => ran.push(given),
    })
    const { engine } = desk.system
    const { tools, toolApproval, resume } = govern<ToolsLike>(
      { ...desk.raw, refund },
      { engine, policy, sdk: major.sdk },
    )
    const { model } = major.model(turns(input, id))

    const { messages } = await major.generate({ model, tools, toolApproval, messages: [user] })
    const resumed = await resume([user, ...messages])

    expect(ran).toEqual([])
    expect(resumed).toMatchObject({
      ready: true,
      calls: [{ status: 'executed' }, { status: 'refused' }],
    })
    const said = JSON.stringify(resultsIn(resumed.messages)[id])
    expect(said).toMatch(/:"refund was NOT executed: [^:]+ Do not claim that it was done/)
  })

  test('a stop', async () => {
    const desk = await openRefundDesk(major)
    const { tools, toolApproval, resume } = desk.govern()
    const target = { loopId: 'tool:refund' }
    await desk.system.engine.stop({ target, actor: finance, reason: 'audit' })
    const { model } = major.model(turns(big))

    const { messages } = await major.generate({ model, tools, toolApproval, messages: [user] })
    const resumed = await resume([user, ...messages])

    expect(desk.ran).toEqual([])
    expect(resumed).toMatchObject({
      ready: true,
      calls: [{ status: 'executed' }, { status: 'refused' }],
    })
    // On `ai` 5 a tool that may need an approval gives no result; `resume` gives it.
    const said = resultsIn(major.sdk === 5 ? resumed.messages : messages)['call-2']
    expect(JSON.stringify(said)).toMatch(
      /refund was NOT executed: .+ Do not claim that it was done/,
    )
  })
})
