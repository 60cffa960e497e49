import fc from 'fast-check'
import { expect, test } from 'vitest'

import type { ChannelJourneyHarness, ChannelVendor } from './harness.ts'
import { journey } from './journey.ts'
import { createWorld } from './world.ts'

/** Journeys with forged, replayed and garbled requests. */
export function forgeryJourneys<Vendor extends ChannelVendor>(
  harness: ChannelJourneyHarness<Vendor>,
): void {
  const click = { person: 'alice', decision: 'approve', revision: 1, deliveryId: 'f' } as const

  journey(harness, 'a forged event is refused', 'webhooks without verification', async (world) => {
    const { id } = await world.ask('order-1')

    for (const event of await world.vendor.forged({ ...click, requestId: id })) {
      const { status } = await world.handle(event)
      expect(status).toBeGreaterThanOrEqual(400)
      expect(status).toBeLessThan(500)
    }

    expect(world.paid).toEqual([])
    expect(await world.request(id)).toMatchObject({ status: 'pending', decisions: [] })
  })

  for (const method of ['GET', 'HEAD'] as const) {
    journey(
      harness,
      `${method} never decides`,
      'link previews and mail scanners that approve',
      async (world) => {
        const { id } = await world.ask('order-1')
        const { url, headers } = await world.vendor.click({ ...click, requestId: id })

        await world.handle(new Request(url, { method, headers }))

        expect(world.paid).toEqual([])
        expect(await world.request(id)).toMatchObject({ status: 'pending' })
      },
    )
  }

  const { windowMs } = harness
  if (windowMs !== undefined) {
    for (const [name, ms] of [
      ['too old', -windowMs - 1000],
      ['from the future', windowMs + 1000],
    ] as const) {
      journey(
        harness,
        `an event ${name} is refused`,
        'replay of captured events',
        async (world) => {
          const { id } = await world.ask('order-1')
          const signedAt = world.clock.now() + ms

          const { status } = await world.handle(
            await world.vendor.click({ ...click, requestId: id, signedAt }),
          )

          expect(status).toBeGreaterThanOrEqual(400)
          expect(world.paid).toEqual([])
        },
      )
    }

    journey(
      harness,
      'a clock that is a little off does no harm',
      'clicks that are lost because two clocks differ',
      async (world) => {
        const { id } = await world.ask('order-1')

        await world.click({ requestId: id, signedAt: world.clock.now() - windowMs / 2 })

        expect(world.paid).toHaveLength(1)
      },
    )
  }

  journey(
    harness,
    'an event about a request that does not exist is answered and does nothing',
    'raw server errors shown to people',
    async (world) => {
      const { id } = await world.ask('order-1')
      const event = await world.vendor.click({ ...click, requestId: id })
      const { status } = await world.handle(
        new Request(`${event.url.split('?')[0]}?nobody=1`, {
          method: 'POST',
          body: '{}',
          headers: event.headers,
        }),
      )

      expect(status).toBeLessThan(500)
      expect(world.paid).toEqual([])
    },
  )

  test('whatever is posted, nothing breaks and nothing is decided', async () => {
    const world = await createWorld(harness)
    try {
      const { id } = await world.ask('order-1')
      const { url } = await world.vendor.click({ ...click, requestId: id })
      await fc.assert(
        fc.asyncProperty(
          fc.oneof(fc.string({ unit: 'binary' }), fc.json(), fc.webQueryParameters()),
          fc.constantFrom('application/json', 'application/x-www-form-urlencoded', 'text/plain'),
          async (body, type) => {
            const { status } = await world.handle(
              new Request(url, { method: 'POST', body, headers: { 'content-type': type } }),
            )
            expect(status).toBeLessThan(500)
          },
        ),
        { numRuns: 50, seed: 1 },
      )
      expect(world.paid).toEqual([])
      expect(await world.request(id)).toMatchObject({ status: 'pending', decisions: [] })
    } finally {
      await world.close()
    }
  })
}
