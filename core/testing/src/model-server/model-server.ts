import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'

import { anthropicWire } from './anthropic-wire.ts'
import { composeReply, faultPayload } from './compose-reply.ts'
import { geminiWire } from './gemini-wire.ts'
import type { ModelReply } from './model-reply.ts'
import type { ModelWire, WireName } from './model-wire.ts'
import { openaiChatWire, sonarWire } from './openai-chat-wire.ts'
import { openaiResponsesWire, xaiResponsesWire } from './openai-responses-wire.ts'
import { perplexityAgentWire } from './perplexity-agent-wire.ts'
import {
  keyOf,
  readBody,
  readHeaders,
  redacted,
  retryCountOf,
  type ReceivedRequest,
} from './received-request.ts'
import { send, type Payload } from './send-reply.ts'

export interface ModelServerOptions {
  readonly wire: WireName
  /** The only accepted key; any other is answered with the vendor's 401. */
  readonly apiKey?: string
}

export interface ModelServer {
  readonly wire: WireName
  /** The base URL for the vendor's SDK, with `/v1` where that SDK expects it. */
  readonly baseUrl: string
  /** `http://127.0.0.1:<port>` alone. */
  readonly origin: string
  readonly apiKey: string
  /** Queues replies: one for each request, retries included. */
  reply(...replies: readonly ModelReply[]): void
  /** Sets the reply to every request while the queue is empty. Without it such a request is refused with 400. */
  always(reply: ModelReply): void
  /** Every request that reached a model, in order. */
  readonly requests: readonly ReceivedRequest[]
  /** Returns the request of this index, from 0, and waits until it has arrived. */
  request(index: number): Promise<ReceivedRequest>
  /** Forgets requests, queue and `always`, and counts from 1 again. */
  reset(): void
  /** Hangs up on everyone and stops. */
  close(): Promise<void>
}

const wires: Readonly<Record<WireName, ModelWire>> = {
  anthropic: anthropicWire,
  'openai-responses': openaiResponsesWire,
  'xai-responses': xaiResponsesWire,
  'openai-chat': openaiChatWire,
  sonar: sonarWire,
  gemini: geminiWire,
  'perplexity-agent': perplexityAgentWire,
}

/**
 * Starts a local server with a vendor's HTTP interface, for tests with the vendor's real SDK. It replies as the test
 * scripts, keeps the requests, and refuses what the vendor would refuse: a wrong key, an unknown path, a schema that
 * strict modes do not accept. Its error messages quote the key and the prompt, so that a test notices when they leak.
 *
 * @example
 * const server = await startModelServer({ wire: 'anthropic' })
 * const client = new Anthropic({ baseURL: server.baseUrl, apiKey: server.apiKey })
 * server.reply(
 *   { kind: 'status', status: 500, retryAfterMs: 1 },
 *   { kind: 'decision', value: { signal: 'approve', rationale: 'Small.', confidence: 0.9 }, id: null },
 * )
 * await client.messages.create({ model: 'claude-opus-5', max_tokens: 99, messages })
 * server.requests.map(({ retryCount, model, body, keyMatched }) => …)
 * await server.close()
 */
export async function startModelServer({
  wire: wireName,
  apiKey = 'sk-key-of-the-model-server-0123456789',
}: ModelServerOptions): Promise<ModelServer> {
  const wire = wires[wireName]
  const requests: ReceivedRequest[] = []
  const queue: ModelReply[] = []
  const waiting = new Set<() => void>()
  let standing: ModelReply | undefined
  let answered = 0

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://localhost')
    const headers = readHeaders(request)
    const body = await readBody(request)
    const route = body && request.method === 'POST' ? wire.route(url.pathname, body) : undefined
    answered += 1
    const number = String(answered).padStart(4, '0')
    const refuse = (status: number, message: string, code?: string): Promise<void> =>
      send(response, faultPayload(wire, { status, message, code, number }))
    if (!body || !route) return refuse(404, `Nothing answers ${request.method} ${url.pathname}.`)

    const key = keyOf(headers, url)
    const ended = Promise.withResolvers<'answered' | 'hung up'>()
    requests.push({
      method: request.method ?? '',
      path: url.pathname,
      headers: redacted(headers),
      keyMatched: key === apiKey,
      body,
      ...route,
      ...retryCountOf(headers),
      ended: ended.promise,
    })
    response.once('close', () => ended.resolve(response.writableFinished ? 'answered' : 'hung up'))
    for (const wake of waiting) wake()

    const quoted = `key ${key}, body ${JSON.stringify(body)}`
    if (key !== apiKey) return refuse(401, `Incorrect API key provided: ${quoted}`)
    const problem = wire.problem(body, headers)
    if (problem) return refuse(400, problem.message, problem.code)
    const reply = queue.shift() ?? standing
    if (!reply) return refuse(400, 'The test has scripted no reply for this request.')
    const payload: Payload = composeReply({ wire, reply, route, body, number, quoted })
    return send(response, payload)
  }

  const server = createServer((request, response) => {
    // In many tests the client hangs up while its request is read or answered.
    answer(request, response).catch(() => response.destroy())
  })
  const port = await new Promise<number>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve(typeof address === 'object' && address ? address.port : 0)
    })
  })
  const origin = `http://127.0.0.1:${port}`

  return {
    wire: wireName,
    baseUrl: `${origin}${wire.basePath}`,
    origin,
    apiKey,
    requests,
    reply(...replies) {
      queue.push(...replies)
    },
    always(reply) {
      standing = reply
    },
    async request(index) {
      const arrived = Promise.withResolvers<ReceivedRequest>()
      const look = (): void => {
        const found = requests[index]
        if (found) arrived.resolve(found)
      }
      waiting.add(look)
      look()
      return arrived.promise.finally(() => waiting.delete(look))
    },
    reset() {
      requests.length = 0
      answered = 0
      queue.length = 0
      standing = undefined
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
    },
  }
}
