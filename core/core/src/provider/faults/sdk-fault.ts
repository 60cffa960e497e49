import type { ModelFault } from './model-fault.ts'

/** A stream that ended before its last event. */
export class AnswerCutError extends Error {}

/**
 * Reads the errors of SDKs that are generated from OpenAPI (OpenAI, Perplexity and others). It goes by their shape and not
 * by their class, because a client that is handed in may come from another copy. It keeps none of their text.
 */
export function readSdkFault(error: unknown): ModelFault | undefined {
  if (error instanceof AnswerCutError) return { kind: 'network' }
  if (!(error instanceof Error && 'status' in error && 'headers' in error)) return undefined
  const headers = error.headers instanceof Headers ? error.headers : undefined
  const body = 'error' in error ? error.error : undefined
  const known = {
    // The body may be that of an event, whose own type is `error`.
    vendorCode: codeIn(error) ?? codeIn(member(body, 'error')) ?? codeIn(body),
    requestId: headers?.get('x-request-id'),
    retryAfterMs: readRetryAfterMs(headers),
  }
  if (typeof error.status === 'number') return { kind: 'status', status: error.status, ...known }
  // An error event in a stream that began with 200: a failure, whatever its code.
  if (body !== undefined) return { kind: 'status', status: 500, ...known }
  return { kind: error.constructor.name === 'APIConnectionTimeoutError' ? 'timeout' : 'network' }
}

/** What `retry-after-ms` or `retry-after` (seconds, or a date) ask to wait, in milliseconds; undefined when neither says. */
export function readRetryAfterMs(
  headers: Headers | undefined,
  now: number = Date.now(),
): number | undefined {
  const milliseconds = Number.parseFloat(headers?.get('retry-after-ms') ?? '')
  if (milliseconds >= 0) return milliseconds
  const text = headers?.get('retry-after') ?? ''
  const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now
  return seconds >= 0 ? seconds : undefined
}

/** The short code, or else the type. Some vendors give the status as a number instead of a code. */
function codeIn(value: unknown): string | undefined {
  return [member(value, 'code'), member(value, 'type')].find((code) => typeof code === 'string')
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? Object.getOwnPropertyDescriptor(value, name)?.value
    : undefined
}
