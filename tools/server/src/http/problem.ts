import { isLoopError, type LoopError, type LoopErrorCode } from '@loop-engine/core'

import type { Problem } from '../schemas/problem.ts'
import { HttpError } from './http-error.ts'

/** The HTTP status of each code of the engine. Stable, because clients rely on it. */
const statusOf: Readonly<Record<LoopErrorCode, number>> = Object.freeze({
  invalid_input: 400,
  invalid_json: 400,
  invalid_actor: 400,
  invalid_definition: 422,
  invalid_config: 500,
  too_large: 413,
  not_found: 404,
  already_exists: 409,
  conflict: 409,
  key_mismatch: 422,
  stopped: 409,
  refused: 403,
  fenced: 409,
  expired: 410,
  timeout: 504,
  aborted: 503,
  closed: 503,
  unavailable: 503,
  unknown_outcome: 503,
  corrupt: 500,
  bad_response: 502,
  auth: 401,
  rate_limited: 429,
  content_filtered: 422,
  truncated: 502,
  unsupported: 422,
})

export interface ProblemAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Problem
}

/** An error as a problem of RFC 9457. */
export function problemOf(error: unknown, requestId: string): ProblemAnswer {
  const known = isLoopError(error) ? error : null
  const http = error instanceof HttpError ? error : null
  const moved = known?.code === 'conflict' && known.details?.['reason'] === 'moved'
  const status = http?.status ?? (moved ? 412 : known ? statusOf[known.code] : 500)
  const code = http?.httpCode ?? (moved ? 'precondition_failed' : (known?.code ?? 'internal'))
  // Of an internal error the caller learns the code only.
  const shown = status >= 500 && !http ? null : known
  const isUnknown = code === 'unknown_outcome' || code === 'timeout'
  return {
    status,
    headers: headersOf(status, http),
    body: {
      type: `urn:loop-engine:problem:${code}`,
      title: titleOf(code),
      status,
      code,
      retryable: known?.retryable ?? false,
      requestId,
      detail: shown?.message,
      reason: http?.options.reason ?? reasonOf(known),
      hint: isUnknown
        ? 'To learn the outcome, repeat the request, with the same Idempotency-Key if it had one.'
        : shown?.hint,
      path: shown?.path,
      errors: http?.options.errors?.slice(),
      result: http?.options.result,
    },
  }
}

function headersOf(status: number, http: HttpError | null): Record<string, string> {
  return {
    ...(status === 401 && { 'www-authenticate': 'Bearer realm="loop-engine"' }),
    ...(status === 503 && { 'retry-after': '1' }),
    ...http?.options.headers,
  }
}

function reasonOf(error: LoopError | null): string | undefined {
  const reason = error?.details?.['reason']
  return typeof reason === 'string' ? reason : undefined
}

function titleOf(code: string): string {
  const words = code.replaceAll('_', ' ')
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`
}
