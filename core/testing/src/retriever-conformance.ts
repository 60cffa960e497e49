import { actorSchema, canonicalize, type GroundedAnswer, type Retriever } from '@loop-engine/core'
import { describe, expect, test } from 'vitest'

import type { ReplySource } from './model-server/model-reply.ts'
import { groundingFailures } from './provider/failure-cases.ts'
import { wireAttempts } from './provider/wire-attempts.ts'
import { wireAttribution } from './provider/wire-attribution.ts'
import { createWireBench, type Attributed, type WireBench } from './provider/wire-bench.ts'
import { wireFailures } from './provider/wire-failures.ts'
import type { RetrieverWireHarness } from './provider/wire-harness.ts'
import { wireInterruption } from './provider/wire-interruption.ts'
import { wireStreaming } from './provider/wire-streaming.ts'

const query = 'Which QUERY-THAT-STAYS-INSIDE is in force?'

const sources: readonly ReplySource[] = [
  {
    url: 'https://example.com/law',
    title: 'The law',
    snippet: 'In force – since May.',
    date: '2026-05-01',
  },
  { url: 'https://example.org/comment', title: 'A comment', snippet: 'So it is.' },
]
const success = { kind: 'text', text: 'The law of May is in force [1].', sources } as const

/** Registers the tests that every retriever passes unchanged, with its vendor's real SDK against a local server. */
export function retrieverConformance(harness: RetrieverWireHarness): void {
  describe(`${harness.name} keeps the retriever contract`, () => {
    const bench = createWireBench(harness, {
      success,
      secrets: ['QUERY-THAT-STAYS-INSIDE'],
      clientOf: (retriever) => ({
        name: retriever.name,
        model: retriever.model,
        ask: async (options) => withSubstance(await retriever.retrieve(query, options)),
        askOther: async () => withSubstance(await retriever.retrieve(`${query} And why?`)),
      }),
    })
    grounding(bench)
    wireFailures(bench, groundingFailures)
    wireInterruption(bench)
    wireStreaming(bench)
    wireAttribution(bench)
    wireAttempts(bench)
  })
}

function withSubstance(found: GroundedAnswer): Attributed {
  return { ...found, substance: { answer: found.answer, citations: found.citations } }
}

function grounding(bench: WireBench<Retriever>): void {
  test('it names itself and its contract', () => {
    expect(bench.plugin([])).toMatchObject({
      contract: 'retriever/v1',
      name: expect.any(String),
      model: expect.any(String),
    })
  })

  test('it answers with its sources, in their order', async () => {
    const { actor, answer, citations } = await bench.plugin([success]).retrieve(query)

    expect(answer).toBe(success.text)
    expect(citations).toMatchObject([
      {
        url: 'https://example.com/law',
        title: 'The law',
        snippet: 'In force – since May.',
        publishedAt: '2026-05-01',
      },
      { url: 'https://example.org/comment', title: 'A comment' },
    ])
    expect(citations[1]).not.toHaveProperty('publishedAt')
    expect(actorSchema.parse(actor)).toMatchObject({ type: 'ai-agent' })
  })

  test('its evidence is JSON that can be attached: the answer and its sources', async () => {
    const { evidence } = await bench.plugin([success]).retrieve(query)

    const text = canonicalize(evidence)
    expect(text).toContain(success.text)
    for (const { url } of sources) expect(text).toContain(url)
  })

  test('it sends one request, which holds the key in its place and nowhere else', async () => {
    const { apiKey } = bench.server()

    await bench.plugin([success]).retrieve(query)

    const [request, ...more] = bench.server().requests
    expect(more).toEqual([])
    expect(request).toMatchObject({ keyMatched: true, streams: false })
    expect(JSON.stringify(request)).not.toContain(apiKey)
    expect(JSON.stringify(request?.body)).toContain('QUERY-THAT-STAYS-INSIDE')
  })
}
