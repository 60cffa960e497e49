import { LoopError, systemClock, type Provider, type Retriever } from '@loop-engine/core'
import {
  callModel,
  createModelProvider,
  decisionBody,
  readResponse,
  readResponseStream,
  readSdkFault,
  type CallContext,
  type ResponsesAnswer,
} from '@loop-engine/core/provider'
import { Perplexity } from '@perplexity-ai/perplexity_ai'
import { OpenAI } from 'openai'

import { providerCrossCheck, retrieverCrossCheck } from './cross-check.ts'
import { providerConformance } from './provider-conformance.ts'
import type {
  ProviderWireHarness,
  RetrieverWireHarness,
  WireConnection,
} from './provider/wire-harness.ts'
import { retrieverConformance } from './retriever-conformance.ts'

/** The smallest plugins with a real SDK that keep their contracts: the suites are shown to accept something. */

const openai: ProviderWireHarness = {
  name: 'a provider of one screen',
  wire: 'openai-responses',
  streams: true,
  missing: [],
  create: createProvider,
}
providerConformance(openai)
providerCrossCheck(openai)

function createProvider(connection: WireConnection): Provider {
  const { baseUrl, apiKey, maxRetries, timeoutMs } = connection
  const client = new OpenAI({ baseURL: baseUrl, apiKey, maxRetries, logLevel: 'off' })
  const model = 'gpt-test'
  const vendor = {
    name: 'small',
    model,
    readFault: readSdkFault,
    async send(request: Parameters<typeof decisionBody>[0], context: CallContext) {
      const { signal, attempts, onText } = context
      const { responses } = client.withOptions({ fetch: attempts.fetch() })
      const body = { model, ...decisionBody(request) }
      return onText
        ? readResponseStream(await responses.create({ ...body, stream: true }, { signal }), onText)
        : readResponse(await responses.create(body, { signal }))
    },
  }
  return createModelProvider(vendor, { timeoutMs })
}

const perplexity: RetrieverWireHarness = {
  name: 'a retriever of one screen',
  wire: 'perplexity-agent',
  streams: false,
  missing: [],
  create: createRetriever,
}
retrieverConformance(perplexity)
retrieverCrossCheck(perplexity)

function createRetriever(connection: WireConnection): Retriever {
  const { baseUrl, apiKey, maxRetries, timeoutMs } = connection
  const model = 'sonar-test'
  const vendor = {
    name: 'small',
    model,
    readFault: readSdkFault,
    async send(input: string, { signal, attempts }: CallContext) {
      const fetch = attempts.fetch()
      const client = new Perplexity({
        baseURL: baseUrl,
        apiKey,
        maxRetries,
        fetch,
        logLevel: 'off',
      })
      return readResponse(await client.responses.create({ model, input }, { signal }))
    },
  }
  return {
    contract: 'retriever/v1',
    name: vendor.name,
    model,
    async retrieve(query, options = {}) {
      const limits = { timeoutMs, clock: systemClock }
      const asked = await callModel(vendor, query, limits, { agentId: 'agent:small' }, options)
      const { actor, answer, requestId, attempts } = asked
      const citations = citationsOf(answer)
      if (citations.length === 0) {
        const { responseId, usage } = answer
        throw new LoopError('bad_response', 'The answer names no source.', {
          plugin: vendor.name,
          retryable: true,
          details: { responseId, usage, requestId, attempts: attempts.length },
        })
      }
      const evidence = { answer: answer.text, sources: citations.map(({ url }) => url) }
      const usage = answer.usage ?? {}
      return { actor, answer: answer.text, citations, evidence, usage, requestId, attempts }
    },
  }
}

interface Found {
  readonly type: string
  readonly results?: readonly {
    readonly url: string
    readonly title: string
    readonly snippet: string
    readonly date?: string
  }[]
}

function citationsOf({ items }: ResponsesAnswer) {
  // The model server writes these items, so their shape is known here.
  return (items as readonly Found[])
    .flatMap(({ results = [] }) => results)
    .map(({ url, title, snippet, date }) => ({
      url,
      title,
      snippet,
      ...(date !== undefined && { publishedAt: date }),
    }))
}
