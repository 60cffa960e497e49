import type { IncomingMessage } from 'node:http'

import { parseStrictJson, type JsonObject, type JsonValue } from '@loop-engine/core'

import { asObject } from './model-wire.ts'

/** A request as it arrived, without its key. */
export interface ReceivedRequest {
  readonly method: string
  readonly path: string
  /** By lowercase name; the value of a header that holds a key is `[redacted]`. */
  readonly headers: Readonly<Record<string, string>>
  /** Whether the request had the key of the server. */
  readonly keyMatched: boolean
  /** The parsed body. */
  readonly body: JsonObject
  readonly model: string
  readonly streams: boolean
  /** The retry count in the header `X-Stainless-Retry-Count`, for SDKs that send it. */
  readonly retryCount?: number
  /** How the request ended: with the whole answer, or because one side hung up before. */
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

/** The key of a request, in whichever place its vendor expects it. */
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

/** The body as a JSON object; undefined if it is not one. */
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
