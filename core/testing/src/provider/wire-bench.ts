import type { Actor, ModelAttempt, ModelCallOptions, Usage } from '@loop-engine/core'
import { afterAll, beforeAll, beforeEach } from 'vitest'

import type { ModelReply } from '../model-server/model-reply.ts'
import { startModelServer, type ModelServer } from '../model-server/model-server.ts'
import type { WireConnection, WireGap, WireHarness } from './wire-harness.ts'

/** An answer with its attribution. */
export interface Attributed {
  readonly actor: Actor
  readonly usage?: Usage
  readonly requestId?: string | null
  readonly attempts?: readonly ModelAttempt[]
  /** The content of the answer, without its attribution; equal answers have equal content. */
  readonly substance: unknown
}

/** A provider or a retriever with one question to ask. */
interface WireClient {
  readonly name: string
  readonly model: string
  ask(options?: ModelCallOptions): Promise<Attributed>
  /** The same question about something else. */
  askOther(): Promise<Attributed>
}

/** What the suites need to know about the plugin under test. */
export interface WireSubject<Plugin> {
  clientOf(plugin: Plugin): WireClient
  /** A reply that is a complete answer. */
  readonly success: Extract<ModelReply, { kind: 'decision' | 'text' }>
  /** The words of the question, which must not leak. */
  readonly secrets: readonly string[]
}

/** A model server that runs during the tests, and plugins that talk to it. */
export interface WireBench<Plugin = unknown> extends Pick<
  WireSubject<Plugin>,
  'success' | 'secrets'
> {
  readonly harness: WireHarness<Plugin>
  server(): ModelServer
  /** Scripts the server, then creates a plugin that retries nothing, unless the options say so. */
  plugin(replies: readonly ModelReply[], options?: Partial<WireConnection>): Plugin
  client(replies: readonly ModelReply[], options?: Partial<WireConnection>): WireClient
  lacks(gap: WireGap): boolean
  /** Whether the vendor sends a request id; Gemini has no header for one. */
  readonly sendsRequestId: boolean
}

/** Far longer than an answer of the local server takes. */
const patienceMs = 30_000

export function createWireBench<Plugin>(
  harness: WireHarness<Plugin>,
  { clientOf, success, secrets }: WireSubject<Plugin>,
): WireBench<Plugin> {
  let server: ModelServer | undefined
  beforeAll(async () => {
    server = await startModelServer({ wire: harness.wire })
  })
  beforeEach(() => server?.reset())
  afterAll(() => server?.close())

  const running = (): ModelServer => {
    if (!server) throw new Error('The model server starts before the first test.')
    return server
  }
  const lacks = (gap: WireGap): boolean => harness.missing.includes(gap)
  const plugin: WireBench<Plugin>['plugin'] = (replies, options) => {
    const { baseUrl, apiKey } = running()
    running().reply(...replies)
    return harness.create({ baseUrl, apiKey, timeoutMs: patienceMs, maxRetries: 0, ...options })
  }
  return {
    harness,
    success,
    secrets,
    server: running,
    lacks,
    sendsRequestId: harness.wire !== 'gemini' && !lacks('request_id'),
    plugin,
    client: (replies, options) => clientOf(plugin(replies, options)),
  }
}
