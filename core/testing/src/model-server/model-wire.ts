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

/** The HTTP interface of one vendor: its paths and its formats. */
export interface ModelWire {
  /** The path in the base URL of the vendor's SDK. */
  readonly basePath: string
  /** The header with the id of a request, if the vendor sends one. */
  readonly requestIdHeader?: string
  readonly idPrefix: string
  /** The route for a path; undefined for a path that the vendor does not have. */
  route(path: string, body: JsonObject): WireRoute | undefined
  /** Why the vendor would refuse this body with 400: the vendor's code and a sentence. */
  problem(body: JsonObject, headers: Headers): WireProblem | undefined
  /** The body of a complete answer. */
  answer(answer: WireAnswer, body: JsonObject): WireJson
  /** The same answer as server-sent events. */
  events(answer: WireAnswer, body: JsonObject): readonly ServerEvent[]
  error(fault: WireFault): WireJson
  /** The headers of an error that say how long to wait. */
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

/** A body before it becomes text. Undefined members are left out. */
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

/** Cuts a text into four pieces for a stream. */
export function deltasOf(text: string): readonly string[] {
  const size = Math.max(1, Math.ceil(text.length / 4))
  return Array.from({ length: Math.ceil(text.length / size) }, (_, index) =>
    text.slice(index * size, (index + 1) * size),
  )
}

export function retryAfterHeader({ retryAfterSeconds }: WireFault): Record<string, string> {
  return retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }
}

/** The time in every answer, seconds since 1970; it is fixed because tests compare whole bodies. */
export const answeredAt = 1_795_000_000
