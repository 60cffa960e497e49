import { expect } from 'vitest'

import type { ChannelJourneyHarness, ChannelVendor, Person } from './harness.ts'
import { journey } from './journey.ts'

/** Journeys about who may decide, and about what the record says of them. */
export function peopleJourneys<Vendor extends ChannelVendor>(
  harness: ChannelJourneyHarness<Vendor>,
): void {
  const refused: readonly (readonly [Person, string, string])[] = [
    ['mallory', 'somebody who is known and not asked', 'any member of the channel can approve'],
    ['owner', 'the person whom the requester acts for', 'self-approval through an agent'],
    ['stranger', 'somebody whom nobody here knows', 'guests and outsiders who approve'],
  ]
  for (const [person, who, keepsOut] of refused) {
    journey(harness, `${who} decides nothing, and is told so`, keepsOut, async (world) => {
      const { id } = await world.ask('order-1')

      await world.click({ requestId: id, person })
      await world.click({ requestId: id, person, decision: 'reject' })

      expect(world.paid).toEqual([])
      expect(await world.request(id)).toMatchObject({ status: 'pending', decisions: [] })
    })
  }

  journey(
    harness,
    'a person who lost the right after the message was sent decides nothing',
    'rights that are checked when the message is made',
    async (world) => {
      const { id } = await world.ask('order-1')
      world.directory.set('alice', { groups: [] })

      await world.click({ requestId: id })

      expect(world.paid).toEqual([])
      expect(await world.request(id)).toMatchObject({ status: 'pending' })
    },
  )

  journey(
    harness,
    'the vote of a person who left before the last vote no longer counts',
    'approvals of people who are gone',
    async (world) => {
      const { id } = await world.ask('order-1', { large: true })
      await world.click({ requestId: id })
      world.directory.delete('alice')

      await world.click({ requestId: id, person: 'bob' })

      expect(world.paid).toEqual([])
    },
  )

  for (const [when, isRestarted] of [
    ['', false],
    [', also after a restart', true],
  ] as const)
    journey(
      harness,
      `a refused click stays refused when it is delivered again${when}`,
      'a captured click that is played back after a promotion',
      async (world) => {
        const { id } = await world.ask('order-1')
        await world.click({ requestId: id, person: 'mallory', deliveryId: 'same' })
        world.directory.set('mallory', { groups: ['ops'] })
        if (isRestarted) await world.restart()

        await world.handle(
          await world.vendor.click({
            requestId: id,
            revision: 1,
            person: 'mallory',
            decision: 'approve',
            deliveryId: 'same',
          }),
        )

        expect(world.paid).toEqual([])
      },
    )

  journey(
    harness,
    'the record says who decided, how the person was authenticated, and by which event',
    'audit trails that name a bot',
    async (world) => {
      const { id } = await world.ask('order-1')

      await world.click({ requestId: id })

      const { decisions } = await world.request(id)
      expect(decisions).toMatchObject([
        { reviewer: { type: 'human', id: 'alice', assurance: { method: harness.assurance } } },
      ])
      const items = await Array.fromAsync(world.system.engine.history({ aggregateId: 'order-1' }))
      const decided = items.find(({ entry }) => entry.type === 'loop.approval.approved')
      expect(decided?.entry.data).toMatchObject({ proof: expect.any(Object) })
    },
  )
}
