import type { Provider, Retriever } from '@loop-engine/core'

import type { WireName } from '../model-server/model-wire.ts'

/** What a vendor or its SDK may lack. A declared gap is also tested to be one, where that can be seen. */
export type WireGap =
  /** The vendor cannot say that the model declined; such an answer counts as filtered. */
  | 'refusal'
  /** The vendor cannot say that it filtered an answer; such an answer counts as a refusal. */
  | 'content_filter'
  /** The SDK hides the headers of an answer. */
  | 'request_id'
  /** The SDK does not repeat a failed request. */
  | 'retries'
  /** The SDK hides how long to wait before the next attempt. */
  | 'retry_after'

export interface WireHarness<Plugin> {
  readonly name: string
  /** The wire format that the SDK speaks. */
  readonly wire: WireName
  create(options: WireConnection): Plugin
  /** Whether the plugin asks for a stream when the caller wants progress. */
  readonly streams: boolean
  readonly missing: readonly WireGap[]
}

/** A provider with its vendor's real SDK, which the suite points to a model server. */
export type ProviderWireHarness = WireHarness<Provider>

/** A retriever with its vendor's real SDK, which the suite points to a model server. */
export type RetrieverWireHarness = WireHarness<Retriever>

export interface WireConnection {
  /** The base URL, in the form that the vendor's SDK takes. */
  readonly baseUrl: string
  readonly apiKey: string
  /** The time limit for a whole call with its retries. */
  readonly timeoutMs: number
  /** How often a failed request is retried. */
  readonly maxRetries: number
}
