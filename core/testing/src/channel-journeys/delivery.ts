import { expect } from 'vitest'

import type { ChannelJourneyHarness, ChannelVendor } from './harness.ts'
import { journey } from './journey.ts'
import { hostile, minute } from './world.ts'

/** Journeys in which deliveries are repeated, late or lost, and in which messages must show the current state. */
export function deliveryJourneys<Vendor extends ChannelVendor>(
  harness: ChannelJourneyHarness<Vendor>,
): void {
  const click = { person: 'alice', decision: 'approve', revision: 1 } as const

  journey(
    harness,
    'a repeated delivery gets the same answer',
    'retries that run twice',
    async (world) => {
      const { id } = await world.ask('order-1', { large: true })

      for (let times = 0; times < 3; times++)
        await world.handle(
          await world.vendor.click({ ...click, requestId: id, deliveryId: 'same' }),
        )

      expect((await world.request(id)).decisions).toHaveLength(1)
      expect(world.paid).toEqual([])
    },
  )

  journey(
    harness,
    'a repeated delivery gets the same answer after a restart too',
    'duplicates that are remembered in memory only',
    async (world) => {
      const { id } = await world.ask('order-1', { large: true })
      await world.handle(await world.vendor.click({ ...click, requestId: id, deliveryId: 'same' }))
      await world.restart()

      await world.handle(await world.vendor.click({ ...click, requestId: id, deliveryId: 'same' }))

      expect((await world.request(id)).decisions).toHaveLength(1)
    },
  )

  journey(
    harness,
    'a message that an earlier process sent can be answered',
    'prompts orphaned by a restart',
    async (world) => {
      const { id } = await world.ask('order-1')
      await world.restart()

      await world.click({ requestId: id })

      expect(world.paid).toHaveLength(1)
    },
  )

  journey(
    harness,
    'a decision that is taken elsewhere updates the message here',
    'buttons that stay live after a resolution elsewhere',
    async (world) => {
      const { id } = await world.ask('order-1')
      const before = world.vendor.shown(id)

      await world.elsewhere({ requestId: id, person: 'bob', decision: 'approve' })

      expect(before).not.toEqual([])
      expect(world.vendor.shown(id)).not.toEqual(before)
      await world.click({ requestId: id })
      expect(world.paid).toHaveLength(1)
    },
  )

  journey(
    harness,
    'the message shows an expiry as an expiry',
    'a time-out that looks like a rejection',
    async (world) => {
      const { id } = await world.ask('order-1')
      world.clock.advance(61 * minute)

      await world.system.relay.drain()
      await world.system.relay.drain()

      expect(world.vendor.shown(id).join('\n').toLowerCase()).toContain('expired')
      expect(world.vendor.shown(id).join('\n').toLowerCase()).not.toContain('rejected')
    },
  )

  journey(
    harness,
    'an outage of an hour delays the message and loses nothing',
    'notices that are sent once and forgotten',
    async (world) => {
      world.vendor.down(true)
      const { id } = await world.ask('order-1')
      expect(world.vendor.shown(id)).toEqual([])
      for (let minutes = 0; minutes < 50; minutes += 10) {
        world.clock.advance(10 * minute)
        await world.system.relay.drain()
      }

      world.vendor.down(false)
      for (let tries = 0; tries < 3 && world.vendor.shown(id).length === 0; tries++) {
        world.clock.advance(minute)
        await world.system.relay.drain()
      }
      await world.click({ requestId: id })

      expect(world.vendor.shown(id)).toHaveLength(1)
      expect(world.paid).toHaveLength(1)
    },
  )

  journey(
    harness,
    'an update of a message that failed is done later',
    'stale cards after an outage',
    async (world) => {
      const { id } = await world.ask('order-1')
      const before = world.vendor.shown(id)
      world.vendor.down(true)
      await world.system.engine.transition({
        aggregateId: 'order-1',
        transitionId: 'audit',
        actor: { type: 'automation', id: 'auditor' },
      })
      await world.system.relay.drain()
      expect(world.vendor.shown(id)).toEqual(before)

      world.vendor.down(false)
      for (let tries = 0; tries < 3; tries++) {
        world.clock.advance(minute)
        await world.system.relay.drain()
      }

      expect(world.vendor.shown(id)).not.toEqual(before)
    },
  )

  journey(
    harness,
    'text of a model is shown as data',
    'markup in evidence that pages people, links elsewhere or hides text',
    async (world) => {
      const { id } = await world.ask('order-1', { evidence: { amount: 1, note: hostile } })

      const shown = world.vendor.shown(id).join('\n')
      for (const raw of ['<script>', '<!channel>', '<@U1>', '\u202e'])
        expect(shown).not.toContain(raw)
      expect(shown).toContain('alert(1)')
    },
  )

  journey(
    harness,
    'the message says what will run, for whom, and until when',
    'prompts that do not say what is approved',
    async (world) => {
      const { id } = await world.ask('order-1')

      const shown = world.vendor.shown(id).join('\n')
      for (const fact of ['pay', 'order-1', '120', 'agent:payer', 'owner'])
        expect(shown).toContain(fact)
    },
  )

  journey(
    harness,
    'each decision has one entry in the record, however often somebody clicked',
    'records that grow with every retry',
    async (world) => {
      const { id } = await world.ask('order-1')
      await world.click({ requestId: id, deliveryId: 'one' })
      await world.handle(await world.vendor.click({ ...click, requestId: id, deliveryId: 'one' }))

      const types = await world.types('order-1')
      expect(types.filter((type) => type === 'loop.approval.approved')).toHaveLength(1)
      expect(types.filter((type) => type === 'loop.transition.executed')).toHaveLength(1)
    },
  )
}
