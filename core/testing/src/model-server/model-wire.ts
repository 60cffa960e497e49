import { isRecord, type JsonObject, type JsonValue } from '@loop-engine/core'

import type { WireAnswer } from './model-reply.ts'

/** The wire formats that the model server speaks. */
export type WireName =
  | 'anthropic'
  | 'openai-responses'
  | 'xai-responses'
  | 'openai-chat'
  | 'sonar'
  | 'gemini'
  | 'perplexity-agent'

/** One vendor's HTTP interface: where it answers, and how it says what. */
export interface ModelWire {
  /** What the vendor's SDK has behind the host in its base URL. */
  readonly basePath: string
  /** The header that carries the id of a request; none when the vendor sends none. */
  readonly requestIdHeader?: string
  readonly idPrefix: string
  /** Undefined when nothing answers at this path. */
  route(path: string, body: JsonObject): WireRoute | undefined
  /** Why the vendor would refuse this body with 400; a short code of the vendor's and a sentence. */
  problem(body: JsonObject, headers: Headers): WireProblem | undefined
  /** The body of a complete answer. */
  answer(answer: WireAnswer, body: JsonObject): WireJson
  /** The same answer as server-sent events. */
  events(answer: WireAnswer, body: JsonObject): readonly ServerEvent[]
  error(fault: WireFault): WireJson
  /** Headers of an error that say when to come again. */
  retryHeaders(fault: WireFault): Record<string, string>
}

export interface WireRoute {
  readonly model: string
  readonly streams: boolean
}

export interface WireProblem {
  readonly code: string
  readonly message: string
}

export interface WireFault {
  readonly status: number
  readonly message: string
  readonly requestId: string | null
  readonly code?: string
  readonly retryAfterSeconds?: number
}

/** A body before it becomes text; members that are undefined are left out. */
export interface WireJson {
  readonly [key: string]: unknown
}

export interface ServerEvent {
  readonly event?: string
  readonly data: WireJson | '[DONE]'
}

export function asObject(value: JsonValue | undefined): JsonObject {
  return isRecord(value) ? value : {}
}

export function asText(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : ''
}

/** The text in four pieces, so that a stream has something to stream. */
export function deltasOf(text: string): readonly string[] {
  const size = Math.max(1, Math.ceil(text.length / 4))
  return Array.from({ length: Math.ceil(text.length / size) }, (_, index) =>
    text.slice(index * size, (index + 1) * size),
  )
}

export function retryAfterHeader({ retryAfterSeconds }: WireFault): Record<string, string> {
  return retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }
}

/** Seconds since 1970 in every answer: tests compare whole bodies. */
export const answeredAt = 1_795_000_000
