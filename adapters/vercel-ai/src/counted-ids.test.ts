import { expect, test } from 'vitest'

import { partsOf } from './call-site.ts'
import { finance, openRefundDesk } from './refund-desk.fixture.ts'
import { majors, user } from './tool-majors.fixture.ts'

const looked = { id: 'call_0', name: 'lookup', input: { order: 7 } }
const refunded = { id: 'call_0', name: 'refund', input: { order: 7, amount: 500 } }

test.each(majors)(
  'a model that counts its calls anew in each answer mixes up nothing on ai $sdk',
  async (major) => {
    const desk = await openRefundDesk(major)
    const { tools, toolApproval, resume } = desk.govern()
    const { model } = major.model([[looked], [refunded], 'It waits.'])
    const asked = await major.generate({ model, tools, toolApproval, messages: [user] })
    const [request] = await desk.system.approvals.inbox({ actor: finance })
    expect(request).toMatchObject({ aggregateId: 'refund/call_0' })

    await desk.system.approvals.decide({
      requestId: request?.id ?? '',
      decision: 'reject',
      actor: finance,
    })
    const { messages, calls } = await resume([user, ...asked.messages])

    expect(calls).toMatchObject([{ status: 'executed' }, { status: 'denied' }])
    const results = messages.flatMap(partsOf).filter(({ type }) => type === 'tool-result')
    expect(results).toMatchObject([
      { toolName: 'lookup', output: { type: 'json', value: { order: 7, total: 500 } } },
      { toolName: 'refund', output: { type: expect.stringMatching(/denied|error/) as string } },
    ])
  },
)
