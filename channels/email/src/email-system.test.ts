import { describe, expect, onTestFinished, test } from 'vitest'

import {
  openPaymentDesk,
  type PaymentDesk,
  type PaymentDeskOptions,
} from './payment-desk.fixture.ts'

async function open(options: PaymentDeskOptions): Promise<PaymentDesk> {
  const desk = await openPaymentDesk(options)
  onTestFinished(() => desk.close())
  return desk
}

test('after an edit everybody gets one new link, and later votes bring no further links', async () => {
  const stages = [{ reviewers: ['role:finance'], quorum: 3 }]
  const { decide, deliver, request, subjectsOf } = await open({
    policy: { stages, allow: ['edit'] },
    rolesOf: { ann: ['finance'], ben: ['finance'], cem: ['finance'], dan: ['finance'] },
  })

  for (const [person, decision] of [
    ['ann', 'edit'],
    ['ben', 'approve'],
    ['cem', 'approve'],
  ] as const) {
    await decide(person, decision)
    await deliver()
  }

  expect(subjectsOf('dan')).toEqual(['Decision needed', 'Decision needed', 'Approved'])
  expect(subjectsOf('ann')).toEqual(['Decision needed', 'Your decision is on record', 'Approved'])
  expect((await request())?.messages['email']).toMatchObject({ revision: 2 })
})

describe('with two stages', () => {
  const stages = [
    { reviewers: ['role:operations'], quorum: 1 },
    { reviewers: ['role:security'], quorum: 1 },
  ]
  const twoStages: PaymentDeskOptions = {
    policy: { stages },
    rolesOf: {
      ann: ['operations', 'security'],
      ben: ['operations'],
      dan: ['operations', 'security'],
    },
  }

  test('a person whose vote completes a stage gets a receipt, like everybody in whose name a decision was taken', async () => {
    const { decide, deliver, subjectsOf } = await open(twoStages)

    await decide('ben', 'approve')
    await deliver()

    expect(subjectsOf('ben')).toEqual(['Decision needed', 'Your decision is on record'])
  })

  test.each(['are delivered one by one', 'are delivered together'])(
    'a person who abstained at one stage is asked at the next, also when the changes %s',
    async (when) => {
      const { boxes, decide, deliver, email, subjectsOf } = await open(twoStages)

      await decide('ann', 'abstain')
      if (when.startsWith('each')) await deliver()
      await decide('ben', 'approve')
      await deliver()

      const subjects = subjectsOf('ann')
      expect(subjects.filter((subject) => subject === 'Decision needed')).toHaveLength(2)
      expect(subjects.filter((subject) => subject === 'Your decision is on record')).toHaveLength(1)
      expect(subjects).toHaveLength(3)
      // A person who has not decided still has a valid link.
      expect(subjectsOf('dan')).toEqual(['Decision needed'])
      const link = boxes.of('ann@example.com')[0]?.text?.match(/https:\S+link=\S+/)?.[0] ?? ''
      expect(await (await email.handle(new Request(link))).text()).toContain('Your decision</h2>')
    },
  )
})
