import { digestOf } from '@loop-engine/core'
import { describe, expect, test } from 'vitest'

import type { ReceivedRequest } from '../model-server/received-request.ts'
import type { WireBench } from './wire-bench.ts'

/** Who answered, on which words, and at what price: from what was on the wire, never invented. */
export function wireAttribution(bench: WireBench): void {
  const { success } = bench

  describe('attributes an answer:', () => {
    test('the model that was asked for, the one that served, the ids, the counts', async () => {
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

    test('each asks anew, with the same hash for the same prompt, another for another', async () => {
      const client = bench.client([success, success, success])

      const first = await client.ask()
      const second = await client.ask()
      const other = await client.askOther()

      expect(bench.server().requests).toHaveLength(3)
      expect(second.actor.promptHash).toBe(first.actor.promptHash)
      expect(other.actor.promptHash).not.toBe(first.actor.promptHash)
      // The words around a question are the same for all of them.
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

    test('what was served, when it is another model', async () => {
      const client = bench.client([{ ...success, model: 'another-model' }])

      const { actor } = await client.ask()

      expect(actor).toMatchObject({ modelId: client.model, servedModel: 'another-model' })
    })
  })
}

/** Members that say how an answer travels, not what the model reads. */
const transport = ['stream', 'stream_options', 'metadata']

/** The prompt hash of a request, as the server makes it from what arrived. */
export function hashOfReceived({ model, body }: ReceivedRequest): string {
  const members = Object.entries({ model, ...body })
  return digestOf(Object.fromEntries(members.filter(([name]) => !transport.includes(name))))
}

/** What only some vendors say: how much was thought, and what it costs. */
function reported({ harness }: WireBench): Record<string, number> {
  if (harness.wire === 'perplexity-agent') return { costUsd: 0.0025 }
  if (harness.wire === 'sonar') return { costUsd: 0.0025 }
  if (harness.wire === 'xai-responses') return { reasoningTokens: 10, costUsdTicks: 25_000_000 }
  return { reasoningTokens: 10 }
}
