import { describe } from 'vitest'

import { decidingJourneys } from './deciding.ts'
import { deliveryJourneys } from './delivery.ts'
import { forgeryJourneys } from './forgery.ts'
import type { ChannelJourneyHarness, ChannelVendor } from './harness.ts'
import { overtakingJourneys } from './overtaking.ts'
import { peopleJourneys } from './people.ts'

/**
 * Registers the journeys that every channel with an inbound side passes unchanged. In each, a real system has a request
 * that waits, people click, and something may go wrong. Each journey names the kind of public bug that it prevents.
 */
export function channelJourneys<Vendor extends ChannelVendor>(
  harness: ChannelJourneyHarness<Vendor>,
): void {
  describe(`${harness.name}: what people decide is what happens`, () => {
    decidingJourneys(harness)
    overtakingJourneys(harness)
  })
  describe(`${harness.name}: only who may decide decides`, () => {
    peopleJourneys(harness)
  })
  describe(`${harness.name}: a forged event decides nothing`, () => {
    forgeryJourneys(harness)
  })
  describe(`${harness.name}: nothing is lost, doubled or left unsaid`, () => {
    deliveryJourneys(harness)
  })
}
