import {
  digestOf,
  LoopError,
  type GroundedAnswer,
  type ModelCallOptions,
  type Retriever,
} from '@loop-engine/core'
import {
  callModel,
  readResponse,
  readSdkFault,
  type CallContext,
  type ResponsesAnswer,
} from '@loop-engine/core/provider'
import {
  retrieverConformance,
  type RetrieverWireHarness,
  type WireConnection,
} from '@loop-engine/testing'

import { suiteJudges } from './suite-judges.ts'

const model = 'sonar-test'

interface Change {
  readonly shape?: object
  readonly headers?: (connection: WireConnection) => Record<string, string>
  readonly body?: (body: object, connection: WireConnection) => object
  /** How it asks, given how it should. */
  readonly send?: (ask: () => Promise<Response>) => Promise<Response>
  /** Whether it answers without a source. */
  readonly groundless?: boolean
  readonly retrieve?: (inner: Retriever['retrieve']) => Retriever['retrieve']
}

const answering = (change: (answer: GroundedAnswer) => object): RetrieverWireHarness =>
  harnessOf({
    retrieve: (inner) => async (query, options) => {
      const answer = await inner(query, options)
      return { ...answer, ...change(answer) }
    },
  })
const attributing = (change: object): RetrieverWireHarness =>
  answering(({ actor }) => ({ actor: { ...actor, ...change } }))
const failing = (change: (error: LoopError, query: string) => Error): RetrieverWireHarness =>
  harnessOf({
    retrieve: (inner) => async (query, options) =>
      inner(query, options).catch((error: unknown) => {
        throw change(error as LoopError, query)
      }),
  })

await suiteJudges(retrieverConformance, harnessOf({}), {
  'has another contract': harnessOf({ shape: { contract: 'retriever/v2' } }),
  'has no name': harnessOf({ shape: { name: undefined } }),
  'has an empty name': harnessOf({ shape: { name: '' } }),
  'does not say which model it asks': harnessOf({ shape: { model: '' } }),
  'answers without a source': harnessOf({ groundless: true }),
  'keeps the answer to itself': answering(() => ({ answer: '' })),
  'has its sources in any order': answering(({ citations }) => ({
    citations: citations.toReversed(),
  })),
  'names one source alone': answering(({ citations }) => ({ citations: citations.slice(0, 1) })),
  'names sources of its own': answering(({ citations }) => ({
    citations: [...citations, { url: 'https://example.net/mine' }],
  })),
  'invents when a source was published': answering(({ citations }) => ({
    citations: citations.map((citation) => ({ publishedAt: '2026-05-01', ...citation })),
  })),
  'leaves the answer out of its evidence': answering(({ evidence: { sources = [] } }) => ({
    evidence: { sources },
  })),
  'leaves the sources out of its evidence': answering(({ answer }) => ({ evidence: { answer } })),
  'has evidence that is no JSON': answering(({ evidence }) => ({
    evidence: { ...evidence, at: new Date(0) },
  })),
  'answers as a person': attributing({ type: 'human' }),
  'names another model than it asked': attributing({ modelId: 'another' }),
  'says that the model which it asked has answered': attributing({ servedModel: model }),
  'invents the id of an answer': answering(({ actor }) => ({
    actor: { ...actor, responseId: actor.responseId ?? 'resp_mine' },
  })),
  'counts no words': attributing({ usage: {} }),
  'hashes something else than what left': answering(({ actor }) => ({
    actor: { ...actor, promptHash: digestOf({ prompt: actor.promptHash }) },
  })),
  'does not say which attempts it made': answering(() => ({ attempts: [] })),
  'invents the id of a request': answering(() => ({ requestId: 'req_mine' })),
  'answers what it answered before': harnessOf({ retrieve: remembering }),
  'sends no key': harnessOf({ headers: () => ({}) }),
  'sends its key with the question': harnessOf({
    body: (body, { apiKey }) => ({ ...body, instructions: apiKey }),
  }),
  'asks something else': harnessOf({ body: (body) => ({ ...body, input: 'What is new?' }) }),
  'asks twice to be sure': harnessOf({
    send: async (ask) => {
      await ask()
      return ask()
    },
  }),
  'does not stop': harnessOf({
    retrieve: (inner) => (query, options) => inner(query, { ...options, signal: undefined }),
  }),
  'reports to a listener that may stop it': harnessOf({
    retrieve: (inner) => async (query, options) => {
      options?.onProgress?.({ type: 'attempt', attempt: 1 })
      return inner(query, options)
    },
  }),
  'throws what is no LoopError': failing(() => new Error('failed')),
  'has one code for all failures': failing((error) => again(error, { code: 'unavailable' })),
  'would never ask again': failing((error) => again(error, { retryable: false })),
  'would always ask again': failing((error) => again(error, { retryable: true })),
  'quotes the question': failing((error, query) => again(error, { cause: new Error(query) })),
})

function again(error: LoopError, change: Partial<LoopError>): LoopError {
  const { code, retryable, details, cause } = { ...told(error), ...change }
  return new LoopError(code, 'It failed.', { plugin: 'small', retryable, details, cause })
}

function told({ code, retryable, details, cause }: LoopError): Partial<LoopError> & {
  readonly code: LoopError['code']
} {
  return { code, retryable, details, cause }
}

function remembering(inner: Retriever['retrieve']): Retriever['retrieve'] {
  const known = new Map<string, Promise<GroundedAnswer>>()
  return (query, options) => {
    const answer = known.get(query) ?? inner(query, options)
    known.set(query, answer)
    return answer
  }
}

function harnessOf(change: Change): RetrieverWireHarness {
  return {
    name: 'a retriever of one screen',
    wire: 'perplexity-agent',
    streams: false,
    missing: ['retries'],
    create: (connection) => createRetriever(change, connection),
  }
}

/** The smallest retriever that keeps the contract: one `fetch`, which it does not repeat. */
function createRetriever(
  { shape, headers = bearer, body = (same) => same, send, groundless, retrieve }: Change,
  connection: WireConnection,
): Retriever {
  const { baseUrl, timeoutMs } = connection
  const vendor = {
    name: 'small',
    model,
    readFault: readSdkFault,
    async send(input: string, { signal, attempts }: CallContext) {
      const ask = (): Promise<Response> =>
        attempts.fetch()(`${baseUrl}/v1/responses`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...headers(connection) },
          body: JSON.stringify(body({ model, input }, connection)),
          signal,
        })
      const response = await (send ? send(ask) : ask())
      if (response.ok) return readResponse(await response.json())
      const { status } = response
      throw Object.assign(new Error('No answer.'), { status, headers: response.headers })
    },
  }
  const right = async (query: string, options: ModelCallOptions = {}): Promise<GroundedAnswer> => {
    const limits = { timeoutMs, now: Date.now }
    const asked = await callModel(vendor, query, limits, { agentId: 'agent:small' }, options)
    const { actor, answer, requestId, attempts } = asked
    const citations = citationsOf(answer)
    if (citations.length === 0 && !groundless) {
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
  }
  return {
    contract: 'retriever/v1',
    name: vendor.name,
    model,
    retrieve: retrieve ? retrieve(right) : right,
    ...shape,
  }
}

function bearer({ apiKey }: WireConnection): Record<string, string> {
  return { authorization: `Bearer ${apiKey}` }
}

/** The model server writes these items, so their shape is known here. */
function citationsOf({ items }: ResponsesAnswer): GroundedAnswer['citations'] {
  const found = items as readonly {
    readonly results?: readonly {
      readonly url: string
      readonly title: string
      readonly snippet: string
      readonly date?: string
    }[]
  }[]
  return found
    .flatMap(({ results = [] }) => results)
    .map(({ date, ...citation }) => ({
      ...citation,
      ...(date !== undefined && { publishedAt: date }),
    }))
}
