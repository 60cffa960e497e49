import { codeOfText, readRetryAfterMs, type ModelFault } from '@loop-engine/core/provider'
import { z } from 'zod'

const word = z.string().nullish().catch(null)
const apiErrorSchema = z.object({
  status: z.int().optional().catch(undefined),
  type: word,
  errorCode: word,
  requestID: word,
  headers: z.instanceof(Headers).optional().catch(undefined),
  /** Body of the response, or of an event in a stream. */
  error: z
    .object({ error: z.object({ message: z.string() }) })
    .optional()
    .catch(undefined),
})

/** Reads errors of the SDK without the text that they quote; undefined for other errors. */
export function readAnthropicFault(error: unknown): ModelFault | undefined {
  if (!(error instanceof Error)) return undefined
  const classes = classesOf(error)
  if (classes.includes('APIUserAbortError')) return { kind: 'aborted' }
  if (classes.includes('APIConnectionTimeoutError')) return { kind: 'timeout' }
  if (classes.includes('APIConnectionError')) return { kind: 'network' }
  if (classes.includes('APIError')) {
    const { status, type, errorCode, requestID, headers, ...body } = apiErrorSchema.parse(error)
    return {
      kind: 'status',
      status: status ?? statusOf.get(type ?? '') ?? 500,
      vendorCode: codeOfText(body.error?.error.message) ?? errorCode ?? type,
      requestId: requestID,
      retryAfterMs: readRetryAfterMs(headers),
    }
  }
  if (!classes.includes('AnthropicError')) return undefined
  // The SDK throws this when a stream ended too early, or when an event of the stream was no JSON.
  return { kind: error.cause instanceof SyntaxError ? 'bad_response' : 'network' }
}

/** Names of the error's classes: the client may come from another copy of the SDK, so `instanceof` would fail. */
function classesOf(error: Error): string[] {
  const prototype: unknown = Object.getPrototypeOf(error)
  return prototype instanceof Error ? [prototype.constructor.name, ...classesOf(prototype)] : []
}

/** HTTP statuses by error type: an error inside a stream has a type, but arrives with status 200. */
const statusOf = new Map([
  ['invalid_request_error', 400],
  ['authentication_error', 401],
  ['billing_error', 402],
  ['permission_error', 403],
  ['not_found_error', 404],
  ['request_too_large', 413],
  ['rate_limit_error', 429],
  ['api_error', 500],
  ['timeout_error', 504],
  ['overloaded_error', 529],
])
