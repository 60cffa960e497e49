import {
  LoopError,
  systemClock,
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
import type { WireConnection } from '@loop-engine/testing'

export const model = 'sonar-test'

/** The change that makes a retriever wrong. */
export interface RetrieverChange {
  readonly shape?: object
  readonly headers?: (connection: WireConnection) => Record<string, string>
  readonly body?: (body: object, connection: WireConnection) => object
  /** How it sends the request, given the right way. */
  readonly send?: (ask: () => Promise<Response>) => Promise<Response>
  /** Whether it answers without a source. */
  readonly groundless?: boolean
  readonly retrieve?: (inner: Retriever['retrieve']) => Retriever['retrieve']
}

/** The smallest retriever that keeps the contract, with a change: it makes one `fetch` without retries. */
export function createRetriever(
  { shape, headers = bearer, body = (same) => same, send, groundless, retrieve }: RetrieverChange,
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
    const limits = { timeoutMs, clock: systemClock }
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

/** Reads the citations. Their shape is known here, because the model server writes them. */
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
