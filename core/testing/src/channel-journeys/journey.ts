import { test } from 'vitest'

import type { ChannelJourneyHarness, ChannelVendor } from './harness.ts'
import { createWorld, type World } from './world.ts'

/** Registers one journey in a world of its own. `keepsOut` names the kind of public bug that it prevents. */
export function journey<Vendor extends ChannelVendor>(
  harness: ChannelJourneyHarness<Vendor>,
  promise: string,
  keepsOut: string,
  walk: (world: World<Vendor>) => Promise<void>,
): void {
  test(`${promise} (keeps out: ${keepsOut})`, async () => {
    const world = await createWorld(harness)
    try {
      await walk(world)
    } finally {
      await world.close()
    }
  })
}
