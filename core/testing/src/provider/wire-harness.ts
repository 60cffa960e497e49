import type { Provider, Retriever } from '@loop-engine/core'

import type { WireName } from '../model-server/model-wire.ts'

/** What a vendor or its SDK may lack. Each is declared, and then tested to be absent where that can be seen. */
export type WireGap =
  /** The vendor has no word for a model that declines; what it has counts as a content filter. */
  | 'refusal'
  /** The vendor has no word for an answer it withholds; what it has counts as a refusal. */
  | 'content_filter'
  /** The SDK hides the headers of an answer. */
  | 'request_id'
  /** The SDK does not repeat a failed request. */
  | 'retries'
  /** The SDK hides when to come again. */
  | 'retry_after'

export interface WireHarness<Plugin> {
  readonly name: string
  /** The format that its SDK speaks. */
  readonly wire: WireName
  create(options: WireConnection): Plugin
  /** Whether it asks for a stream when progress is wanted. */
  readonly streams: boolean
  readonly missing: readonly WireGap[]
}

/** A provider with its vendor's real SDK, which the suite points to a model server. */
export type ProviderWireHarness = WireHarness<Provider>

/** A retriever with its vendor's real SDK, which the suite points to a model server. */
export type RetrieverWireHarness = WireHarness<Retriever>

export interface WireConnection {
  /** As the vendor's SDK takes it. */
  readonly baseUrl: string
  readonly apiKey: string
  /** For a whole call with its retries. */
  readonly timeoutMs: number
  /** How often the SDK repeats a failed request. */
  readonly maxRetries: number
}
