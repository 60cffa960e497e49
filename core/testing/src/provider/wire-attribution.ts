import { digestOf } from '@loop-engine/core'
import { describe, expect, test } from 'vitest'

import type { ReceivedRequest } from '../model-server/received-request.ts'
import type { WireBench } from './wire-bench.ts'

/** Tests that the model, the prompt hash and the cost are those on the wire, and that none is invented. */
export function wireAttribution(bench: WireBench): void {
  const { success } = bench

  describe('attributes an answer:', () => {
    test('the requested model, the served model, the ids, the token counts', async () => {
      const client = bench.client([success])

      const { actor, usage, requestId } = await client.ask()

      const [request] = bench.server().requests
      expect(actor).toMatchObject({
        type: 'ai-agent',
        provider: client.name,
        modelId: client.model,
        servedModel: `${client.model}-2026-11-01`,
        responseId: expect.stringMatching(/_0001$/),
        attempts: 1,
        usage: { inputTokens: 120, outputTokens: 30, ...reported(bench) },
      })
      expect(request?.model).toBe(client.model)
      expect(actor.latencyMs).toBeGreaterThanOrEqual(0)
      expect(usage).toEqual(actor.usage)
      expect(requestId ?? null).toBe(bench.sendsRequestId ? 'req_0001' : null)
    })

    test('the hash of the very body that the server received', async () => {
      const { actor, attempts } = await bench.client([success]).ask()

      const [request] = bench.server().requests
      expect(actor.promptHash).toBe(request && hashOfReceived(request))
      expect(attempts).toMatchObject([{ promptHash: actor.promptHash }])
    })

    test('each question is a new request, with the same hash for the same prompt and another for another', async () => {
      const client = bench.client([success, success, success])

      const first = await client.ask()
      const second = await client.ask()
      const other = await client.askOther()

      expect(bench.server().requests).toHaveLength(3)
      expect(second.actor.promptHash).toBe(first.actor.promptHash)
      expect(other.actor.promptHash).not.toBe(first.actor.promptHash)
      // The template around the question is the same for every question.
      expect(second.actor.templateHash).toBe(first.actor.templateHash)
      expect(other.actor.templateHash).toBe(first.actor.templateHash)
    })

    test('null for an id that the vendor did not send', async () => {
      const { actor, requestId } = await bench
        .client([{ ...success, id: null, requestId: null }])
        .ask()

      expect(actor.responseId).toBeNull()
      expect(requestId ?? null).toBeNull()
    })

    test('the served model, if it is not the requested one', async () => {
      const client = bench.client([{ ...success, model: 'another-model' }])

      const { actor } = await client.ask()

      expect(actor).toMatchObject({ modelId: client.model, servedModel: 'another-model' })
    })
  })
}

/** The members of a request that say how the answer travels, and are not part of the prompt. */
const transport = ['stream', 'stream_options', 'metadata']

/** The prompt hash of a request, computed from what arrived at the server. */
export function hashOfReceived({ model, body }: ReceivedRequest): string {
  const members = Object.entries({ model, ...body })
  return digestOf(Object.fromEntries(members.filter(([name]) => !transport.includes(name))))
}

/** The counts that only some vendors report: reasoning tokens and cost. */
function reported({ harness }: WireBench): Record<string, number> {
  if (harness.wire === 'perplexity-agent') return { costUsd: 0.0025 }
  if (harness.wire === 'sonar') return { costUsd: 0.0025 }
  if (harness.wire === 'xai-responses') return { reasoningTokens: 10, costUsdTicks: 25_000_000 }
  return { reasoningTokens: 10 }
}
