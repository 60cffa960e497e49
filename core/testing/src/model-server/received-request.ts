import type { IncomingMessage } from 'node:http'

import { parseStrictJson, type JsonObject, type JsonValue } from '@loop-engine/core'

import { asObject } from './model-wire.ts'

/** One request as it arrived, without its key. */
export interface ReceivedRequest {
  readonly method: string
  readonly path: string
  /** Lowercase names; a header that carries a key reads `[redacted]`. */
  readonly headers: Readonly<Record<string, string>>
  /** Whether it carried the key of the server. */
  readonly keyMatched: boolean
  /** What was sent to the model, parsed. */
  readonly body: JsonObject
  readonly model: string
  readonly streams: boolean
  /** As the SDK counts in `X-Stainless-Retry-Count`; absent in those that do not. */
  readonly retryCount?: number
  /** How it ended: with all that was to be sent, or because one side hung up before. */
  readonly ended: Promise<'answered' | 'hung up'>
}

const keyHeaders = new Set(['authorization', 'x-api-key', 'x-goog-api-key', 'api-key'])

export function readHeaders(request: IncomingMessage): Headers {
  const headers = new Headers()
  for (const [name, value] of Object.entries(request.headers))
    headers.set(name, Array.isArray(value) ? value.join(', ') : (value ?? ''))
  return headers
}

export function redacted(headers: Headers): Record<string, string> {
  return Object.fromEntries(
    [...headers].map(([name, value]) => [name, keyHeaders.has(name) ? '[redacted]' : value]),
  )
}

/** The key that a request carries, wherever its vendor wants it. */
export function keyOf(headers: Headers, url: URL): string | undefined {
  const bearer = headers.get('authorization')?.replace(/^Bearer /, '')
  return (
    bearer ??
    headers.get('x-api-key') ??
    headers.get('x-goog-api-key') ??
    url.searchParams.get('key') ??
    undefined
  )
}

/** The body as JSON; undefined when it is none. */
export async function readBody(request: IncomingMessage): Promise<JsonObject | undefined> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer) // no encoding is set
  try {
    return asObject(parseStrictJson(Buffer.concat(chunks).toString('utf8')) as JsonValue)
  } catch {
    return undefined
  }
}

export function retryCountOf(headers: Headers): { readonly retryCount?: number } {
  const count = headers.get('x-stainless-retry-count')
  return count === null ? {} : { retryCount: Number(count) }
}
