import { expect, test } from 'vitest'

import { finance, openRefundDesk } from './refund-desk.fixture.ts'
import { majors, user } from './tool-majors.fixture.ts'

const looked = { id: 'call_0', name: 'lookup', input: { order: 7 } }
const refunded = { id: 'call_0', name: 'refund', input: { order: 7, amount: 500 } }

test.each(majors)(
  'a call that shares its id with a call of another tool is a separate call on ai $sdk',
  async (major) => {
    const desk = await openRefundDesk(major)
    const { tools, toolApproval } = desk.govern()
    const { model } = major.model([[looked], [refunded], 'It waits.'])
    await major.generate({ model, tools, toolApproval, messages: [user] })
    const [request] = await desk.system.approvals.inbox({ actor: finance })
    expect(request).toMatchObject({ aggregateId: 'refund/call_0' })
  },
)
