import { expect } from 'vitest'

import type { ChannelJourneyHarness, ChannelVendor } from './harness.ts'
import { journey } from './journey.ts'
import { agent, minute } from './world.ts'

/** Journeys in which somebody clicks on a request that no longer waits. */
export function overtakingJourneys<Vendor extends ChannelVendor>(
  harness: ChannelJourneyHarness<Vendor>,
): void {
  journey(
    harness,
    'a request whose run has moved on is superseded',
    'approvals of a state that is long gone',
    async (world) => {
      const { id } = await world.ask('order-1')
      await world.system.engine.transition({
        aggregateId: 'order-1',
        transitionId: 'audit',
        actor: { type: 'automation', id: 'auditor' },
      })
      await world.system.relay.drain()

      await world.click({ requestId: id })

      expect(world.paid).toEqual([])
      expect(await world.request(id)).toMatchObject({ status: 'superseded' })
    },
  )

  journey(
    harness,
    'an expired request is expired, not approved and not rejected',
    'time-outs that fail open',
    async (world) => {
      const { id } = await world.ask('order-1')
      world.clock.advance(61 * minute)

      await world.click({ requestId: id })

      expect(world.paid).toEqual([])
      expect(await world.request(id)).toMatchObject({ status: 'expired', decisions: [] })
    },
  )

  journey(
    harness,
    'a withdrawn request can no longer be approved',
    'buttons that stay live',
    async (world) => {
      const { id } = await world.ask('order-1')
      await world.system.approvals.withdraw({ requestId: id, actor: agent })
      await world.system.relay.drain()

      await world.click({ requestId: id })

      expect(world.paid).toEqual([])
      expect(await world.request(id)).toMatchObject({ status: 'cancelled' })
    },
  )
}
