import {
  decisionIntakeSchema,
  digestOf,
  type ApprovalRequest,
  type Channel,
  type DecisionIntake,
} from '@loop-engine/core'
import { describe, expect, test } from 'vitest'

import { approvalRequest, startPlan } from './plans.ts'

/** How the suite gets at a channel. */
export interface ChannelHarness {
  readonly name: string
  /** A channel that hands authentic decisions to `intake`; without an inbound side it may ignore it. */
  create(intake: (decision: DecisionIntake) => Promise<{ readonly status: string }>): Channel
  /** Everything that the channel sent to people so far, as text. */
  sent(): readonly string[]
  /** The request that the vendor would send for a click; left out by a channel without an inbound side. */
  readonly inbound?: {
    genuine(
      request: ApprovalRequest,
      decision: 'approve' | 'reject',
      deliveryId: string,
    ): Request | Promise<Request>
    /** The same, each wrong in one way: no signature, another secret, a changed body, too old, from the future. */
    forged(request: ApprovalRequest): readonly Request[] | Promise<readonly Request[]>
  }
}

/** Registers the tests that every channel passes unchanged. */
export function channelConformance(harness: ChannelHarness): void {
  const context = { signal: new AbortController().signal, idempotencyKey: 'delivery-1' }
  const open = () => {
    const decisions: DecisionIntake[] = []
    const channel = harness.create(async (decision) => {
      decisions.push(decision)
      return { status: 'recorded' }
    })
    return { channel, decisions }
  }

  describe(`${harness.name} keeps the channel contract`, () => {
    test('it says what it is', () => {
      expect(open().channel).toMatchObject({ contract: 'channel/v1', name: expect.any(String) })
    })

    test('it shows what will happen, to which run, asked by whom, and on what evidence', async () => {
      const request = waiting()

      await open().channel.notify(request, request.view, context)

      const text = harness.sent().join('\n')
      const { transition, requester } = request.view
      const facts = [transition.id, request.aggregateId, requester.id, 'Amount', '12.5']
      expect(facts.filter((fact) => !text.includes(fact))).toEqual([])
    })

    test('its reference to a message is JSON', async () => {
      const request = waiting()

      const ref = await open().channel.notify(request, request.view, context)

      if (ref !== undefined) expect(() => digestOf(ref)).not.toThrow()
    })

    test.runIf(harness.inbound).each(['approve', 'reject'] as const)(
      'a genuine event is handed on once, as what it says: %s',
      async (decision) => {
        const request = waiting()
        const { channel, decisions } = open()
        const event = await harness.inbound?.genuine(request, decision, `delivery-${decision}`)

        const answer = event && (await channel.handle?.(event))

        expect(answer?.status).toBeLessThan(300)
        expect(decisions).toMatchObject([
          {
            tenant: request.tenant,
            requestId: request.id,
            revision: request.revision,
            viewHash: request.viewHash,
            decision,
            assurance: { method: expect.any(String) },
            idempotencyKey: expect.any(String),
          },
        ])
        expect(decisionIntakeSchema.safeParse(decisions[0]).error).toBeUndefined()
      },
    )

    test.runIf(harness.inbound)('an event that is delivered again has the same key', async () => {
      const request = waiting()
      const { channel, decisions } = open()

      for (let delivery = 1; delivery <= 2; delivery++) {
        const event = await harness.inbound?.genuine(request, 'approve', 'delivery-7')
        if (event) await channel.handle?.(event)
      }

      expect(new Set(decisions.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(1)
    })

    test.runIf(harness.inbound)('a forged event is refused and asks for nothing', async () => {
      const { channel, decisions } = open()
      const events = (await harness.inbound?.forged(waiting())) ?? []

      expect(events.length).toBeGreaterThan(0)
      for (const event of events) {
        const answer = await channel.handle?.(event)
        expect(answer?.status).toBeGreaterThanOrEqual(400)
      }
      expect(decisions).toEqual([])
    })

    test.runIf(harness.inbound)('GET never decides', async () => {
      const { channel, decisions } = open()
      const event = await harness.inbound?.genuine(waiting(), 'approve', 'delivery-8')

      const answer =
        event && (await channel.handle?.(new Request(event.url, { headers: event.headers })))

      expect(answer?.ok ?? false).toBe(false)
      expect(decisions).toEqual([])
    })
  })
}

function waiting(): ApprovalRequest {
  return approvalRequest(startPlan().instance)
}
