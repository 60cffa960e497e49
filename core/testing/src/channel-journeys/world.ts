import type { ApprovalRequest, Integration } from '@loop-engine/core'
import { expect } from 'vitest'

import { createTestClock, type TestClock } from '../test-clock.ts'
import type {
  ChannelJourneyHarness,
  ChannelSetting,
  ChannelVendor,
  Click,
  DecisionAnswer,
  JourneySystem,
  OpenChannel,
  Person,
} from './harness.ts'
import { paymentLoop } from './payment-loop.ts'

export const minute = 60_000

/**
 * Text that must reach people as data: HTML, markup of vendors, a Unicode trick, and words that look like an approval.
 */
export const hostile =
  '<script>alert(1)</script> <!channel> <@U1> [x](https://evil.example) *bold* \u202egnp.exe approved: true'

export const agent = {
  type: 'ai-agent',
  id: 'agent:payer',
  onBehalfOf: { type: 'human', id: 'owner' },
} as const

/** One system with one channel. Its process can be stopped and started again. */
export interface World<Vendor extends ChannelVendor> {
  readonly clock: TestClock
  readonly vendor: Vendor
  readonly system: JourneySystem
  /** The input of each payment that ran, oldest first. */
  readonly paid: readonly unknown[]
  /** The people in the directory; a test can remove some. */
  readonly directory: Map<string, { groups: string[] }>
  /** Asks for a payment, and delivers the notice to the channel. */
  ask(
    aggregateId: string,
    options?: { readonly large?: boolean; readonly evidence?: object },
  ): Promise<ApprovalRequest>
  request(id: string): Promise<ApprovalRequest>
  /** Delivers a click, and everything that becomes due by it. Fails if the person is shown nothing. */
  click(click: Partial<Click> & Pick<Click, 'requestId'>): Promise<Response>
  /** Hands a request to the channel, and waits until the channel has finished with it. */
  handle(request: Request): Promise<Response>
  types(aggregateId: string): Promise<string[]>
  /** Lets somebody decide in another place, where they are signed in. */
  elsewhere(input: {
    readonly requestId: string
    readonly person: Person
    readonly decision: 'approve' | 'reject' | 'edit'
    readonly edits?: object
  }): Promise<DecisionAnswer>
  restart(): Promise<void>
  close(): Promise<void>
}

export async function createWorld<Vendor extends ChannelVendor>(
  harness: ChannelJourneyHarness<Vendor>,
): Promise<World<Vendor>> {
  const clock = createTestClock()
  const vendor = await harness.createVendor(clock)
  const store = harness.createStore()
  const authority = harness.createAuthority({ name: 'journey' })
  const directory = new Map(
    ['alice', 'bob', 'owner'].map((id) => [id, { groups: ['ops'] }] as const),
  ) as Map<string, { groups: string[] }>
  directory.set('mallory', { groups: [] })
  const paid: unknown[] = []
  const bank: Integration = {
    contract: 'integration/v1',
    name: 'bank',
    actions: {
      pay: {
        input: { parse: (value) => value },
        run: async (input) => {
          paid.push(input)
        },
      },
    },
  }

  const boot = async (): Promise<{
    system: JourneySystem
    open: OpenChannel
    intake: (decision: unknown) => Promise<DecisionAnswer>
  }> => {
    let intake: (decision: unknown) => Promise<DecisionAnswer> = async () => {
      throw new Error('the system is not open yet')
    }
    let find: ChannelSetting['getApproval'] = async () => null
    const open = await harness.create(
      { clock, decide: (decision) => intake(decision), getApproval: (query) => find(query) },
      vendor,
    )
    const system = await harness.createSystem({
      loops: [paymentLoop],
      store,
      integrations: [bank],
      channels: [open.channel],
      clock,
      relay: false,
      identity: {
        mode: 'verified',
        authority,
        directory: (_tenant: string, id: string) => directory.get(id) ?? null,
      },
      limits: { backoffMs: { first: 1000, longest: minute } },
    })
    intake = harness.createIntake({ approvals: system.approvals, authority })
    find = (query) => system.approvals.get(query)
    return { system, open, intake }
  }
  let running = await boot()
  let deliveries = 0

  const world: World<Vendor> = {
    clock,
    vendor,
    paid,
    directory,
    get system() {
      return running.system
    },
    async ask(aggregateId, { large = false, evidence = { amount: 120, note: 'order 4711' } } = {}) {
      const { engine, relay } = running.system
      await engine.start({ loopId: paymentLoop.id, aggregateId, actor: agent })
      const asked = await engine.transition({
        aggregateId,
        transitionId: large ? 'payLarge' : 'pay',
        actor: agent,
        evidence,
      })
      await relay.drain()
      return world.request(asked.approvalId ?? '')
    },
    async request(id) {
      const request = await running.system.approvals.get({ id })
      if (!request) throw new Error('the request is gone')
      return request
    },
    async click(click) {
      const before = vendor.answers().length
      const event = await vendor.click({
        person: 'alice',
        decision: 'approve',
        revision: 1,
        deliveryId: `delivery-${++deliveries}`,
        ...click,
      })
      const response = await world.handle(event)
      expect(vendor.answers().length, 'every click gets an answer').toBeGreaterThan(before)
      return response
    },
    async handle(request) {
      const response = await running.open.channel.handle?.(request)
      if (!response) throw new Error('the channel has no inbound side')
      await running.open.settled?.()
      await running.system.relay.drain()
      return response
    },
    async types(aggregateId) {
      const items = await Array.fromAsync(running.system.engine.history({ aggregateId }))
      return items.map(({ entry }) => entry.type)
    },
    async elsewhere({ person, ...decision }) {
      const { revision, viewHash, tenant } = await world.request(decision.requestId)
      const answer = await running.intake({
        tenant,
        revision,
        viewHash,
        ...decision,
        reviewer: { type: 'human', id: person },
        assurance: { method: 'oidc' },
      })
      await running.system.relay.drain()
      return answer
    },
    async restart() {
      await running.open.close?.()
      // The system is not closed, because that would close the memory store, which the next process needs.
      running = await boot()
    },
    async close() {
      await running.open.close?.()
      await vendor.close?.()
      await running.system.close()
    },
  }
  return world
}
