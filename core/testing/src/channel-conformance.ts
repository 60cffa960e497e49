import {
  decisionIntakeSchema,
  deepFreeze,
  digestOf,
  type ApprovalRequest,
  type Channel,
  type DecisionIntake,
} from '@loop-engine/core'
import { describe, expect, test } from 'vitest'

import { approvalRequest, startPlan } from './plans.ts'

/** Gives the suite the channel under test. */
export interface ChannelHarness {
  readonly name: string
  /**
   * Creates a channel that hands authentic decisions to `intake`;
   * a channel without an inbound side may ignore `intake`.
   */
  create(intake: (decision: DecisionIntake) => Promise<{ readonly status: string }>): Channel
  /** Everything that the channel has sent to people so far, as text. */
  sent(): readonly string[]
  /** The requests that the vendor would send for a click. A channel without an inbound side leaves this out. */
  readonly inbound?: {
    genuine(
      request: ApprovalRequest,
      decision: 'approve' | 'reject',
      deliveryId: string,
    ): Request | Promise<Request>
    /**
     * The same request, wrong in one way each: no signature, another secret, a changed body, too old, from the future.
     */
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
    test('it names itself and its contract', () => {
      expect(open().channel).toMatchObject({
        contract: 'channel/v1',
        name: expect.stringMatching(/./),
      })
    })

    test('the harness shows its inbound side, if it has one', () => {
      expect(open().channel.handle === undefined).toBe(harness.inbound === undefined)
    })

    test('its message shows what will happen, to which run, at whose request, and on what evidence', async () => {
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

    test('if it can update a message, it does so when the request changes', async () => {
      const request = waiting()
      const { channel } = open()
      const ref = await channel.notify(request, request.view, context)
      const before = harness.sent().join('\n')
      if (ref === undefined || !channel.update) return

      const decided = { ...request, status: 'rejected', decidedAt: request.createdAt } as const
      const next = await channel.update(deepFreeze(ref), decided, decided.view, context)

      expect(harness.sent().join('\n')).not.toBe(before)
      if (next !== undefined) expect(() => digestOf(next)).not.toThrow()
    })

    test.runIf(harness.inbound).each(['approve', 'reject'] as const)(
      'a genuine event is handed on once, as the decision that it holds: %s',
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

    test.runIf(harness.inbound)('an event about another request has another key', async () => {
      const { channel, decisions } = open()

      for (const aggregateId of ['order-1', 'another-order']) {
        const event = await harness.inbound?.genuine(waiting(aggregateId), 'approve', aggregateId)
        if (event) await channel.handle?.(event)
      }

      expect(new Set(decisions.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(2)
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

    test.runIf(harness.inbound)(
      'a request that it cannot read is refused, and no decision is handed on',
      async () => {
        const { channel, decisions } = open()
        const event = await harness.inbound?.genuine(waiting(), 'approve', 'delivery-9')

        for (const body of ['', '{', '[]', 'decision=approve', '\u0000'])
          if (event) {
            const answer = await channel.handle?.(new Request(event.url, { method: 'POST', body }))
            expect(answer?.status).toBeGreaterThanOrEqual(400)
          }
        expect(decisions).toEqual([])
      },
    )

    test.runIf(harness.inbound).each(['GET', 'HEAD'])('%s never decides', async (method) => {
      const { channel, decisions } = open()
      const event = await harness.inbound?.genuine(waiting(), 'approve', 'delivery-8')

      const answer =
        event &&
        (await channel.handle?.(new Request(event.url, { method, headers: event.headers })))

      expect(answer?.ok ?? false).toBe(false)
      expect(decisions).toEqual([])
    })
  })
}

/** A request at revision 3: a channel could guess revision 1. */
function waiting(aggregateId = 'order-1'): ApprovalRequest {
  return deepFreeze(approvalRequest(startPlan({ aggregateId }).instance, { revision: 3 }))
}
