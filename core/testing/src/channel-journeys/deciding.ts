import { expect } from 'vitest'

import type { ChannelJourneyHarness, ChannelVendor } from './harness.ts'
import { journey } from './journey.ts'

/** Journeys in which people decide: approve, reject, edit, reach a quorum. */
export function decidingJourneys<Vendor extends ChannelVendor>(
  harness: ChannelJourneyHarness<Vendor>,
): void {
  journey(
    harness,
    'an approval executes exactly what was shown, once',
    'the button is acknowledged and never forwarded',
    async (world) => {
      const { id } = await world.ask('order-1')

      await world.click({ requestId: id })

      expect(world.paid).toEqual([{ amount: 120, note: 'order 4711' }])
      expect(await world.request(id)).toMatchObject({ status: 'approved' })
    },
  )

  journey(
    harness,
    'a rejection never executes',
    'declined calls that run all the same',
    async (world) => {
      const { id } = await world.ask('order-1')

      await world.click({ requestId: id, decision: 'reject', reason: 'not ours' })

      expect(world.paid).toEqual([])
      expect(await world.request(id)).toMatchObject({
        status: 'rejected',
        decisions: [{ decision: 'reject', reviewer: { id: 'alice' } }],
      })
    },
  )

  journey(
    harness,
    'a second click changes nothing',
    'double clicks that run twice',
    async (world) => {
      const { id } = await world.ask('order-1')
      await world.click({ requestId: id })

      await world.click({ requestId: id })
      await world.click({ requestId: id, decision: 'reject' })

      expect(world.paid).toHaveLength(1)
      expect(await world.request(id)).toMatchObject({ status: 'approved' })
    },
  )

  journey(
    harness,
    'two people who click at once make one decision',
    'races between reviewers',
    async (world) => {
      const { id } = await world.ask('order-1')
      const base = { requestId: id, revision: 1 } as const
      const events = await Promise.all([
        world.vendor.click({ ...base, person: 'alice', decision: 'approve', deliveryId: 'a' }),
        world.vendor.click({ ...base, person: 'bob', decision: 'reject', deliveryId: 'b' }),
      ])

      await Promise.all(events.map((event) => world.handle(event)))

      const { status } = await world.request(id)
      expect(['approved', 'rejected']).toContain(status)
      expect(world.paid).toHaveLength(status === 'approved' ? 1 : 0)
      expect(world.vendor.answers().length).toBeGreaterThanOrEqual(2)
    },
  )

  journey(
    harness,
    'requests that wait side by side are answered in any order',
    'all but the first of parallel approvals denied or lost',
    async (world) => {
      const [one, two, three] = [
        await world.ask('order-1', { evidence: { amount: 1 } }),
        await world.ask('order-2', { evidence: { amount: 2 } }),
        await world.ask('order-3', { evidence: { amount: 3 } }),
      ]

      await world.click({ requestId: three.id })
      await world.click({ requestId: one.id, decision: 'reject' })
      await world.click({ requestId: two.id, person: 'bob' })

      expect(world.paid).toEqual([{ amount: 3 }, { amount: 2 }])
    },
  )

  journey(
    harness,
    'a quorum of two needs two people, and the message shows the progress',
    'one person who counts twice',
    async (world) => {
      const { id } = await world.ask('order-1', { large: true })
      const before = world.vendor.shown(id).join('\n')

      await world.click({ requestId: id })
      await world.click({ requestId: id })
      expect(world.paid).toEqual([])
      expect(world.vendor.shown(id).join('\n')).not.toBe(before)

      await world.click({ requestId: id, person: 'bob' })
      expect(world.paid).toHaveLength(1)
    },
  )

  journey(
    harness,
    'a click on a message from before an edit decides nothing',
    'arguments that change between what was shown and what runs',
    async (world) => {
      const { id } = await world.ask('order-1', { large: true })
      await world.elsewhere({
        requestId: id,
        person: 'bob',
        decision: 'edit',
        edits: { amount: 90 },
      })

      await world.click({ requestId: id, revision: 1 })
      expect(world.paid).toEqual([])

      await world.click({ requestId: id, revision: 2 })
      expect(world.paid).toEqual([{ amount: 90 }])
    },
  )

  journey(
    harness,
    'under a stop nothing runs, and the person is told',
    'a kill switch that approvals bypass',
    async (world) => {
      const { id } = await world.ask('order-1')
      await world.system.engine.stop({
        target: { tenant: 'default' },
        reason: 'incident',
        actor: { type: 'system', id: 'operator' },
      })

      await world.click({ requestId: id })

      expect(world.paid).toEqual([])
    },
  )
}
