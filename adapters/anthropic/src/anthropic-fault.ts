import {
  AnthropicError,
  APIConnectionError,
  APIConnectionTimeoutError,
  APIError,
  APIUserAbortError,
} from '@anthropic-ai/sdk'
import { readRetryAfterMs, type ModelFault } from '@loop-engine/core/provider'

/** Reads the SDK's errors; what they quote stays behind. */
export function readAnthropicFault(error: unknown): ModelFault | undefined {
  if (error instanceof APIUserAbortError) return { kind: 'aborted' }
  if (error instanceof APIConnectionTimeoutError) return { kind: 'timeout' }
  if (error instanceof APIConnectionError) return { kind: 'network' }
  if (error instanceof APIError) {
    return {
      kind: 'status',
      status: error.status ?? statusOf[error.type ?? ''] ?? 500,
      vendorCode: error.errorCode ?? error.type,
      requestId: error.requestID,
      retryAfterMs: error.headers && readRetryAfterMs(error.headers),
    }
  }
  if (!(error instanceof AnthropicError)) return undefined
  // So the SDK says that a stream ended too early, or that an event of it was no JSON.
  return { kind: error.cause instanceof SyntaxError ? 'bad_response' : 'network' }
}

/** An error inside a stream has a type, but comes with status 200. */
const statusOf: Readonly<Record<string, number>> = {
  invalid_request_error: 400,
  authentication_error: 401,
  billing_error: 402,
  permission_error: 403,
  not_found_error: 404,
  request_too_large: 413,
  rate_limit_error: 429,
  api_error: 500,
  timeout_error: 504,
  overloaded_error: 529,
}
