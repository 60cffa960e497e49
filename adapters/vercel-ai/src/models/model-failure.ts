import { isLoopError } from '@loop-engine/core'
import { present } from '@loop-engine/core/provider'

import { countOf, fieldsOf, textOf, type Fields } from '../fields.ts'
import { requestIdOf } from './model-answer.ts'

/** How a call failed: names, codes and numbers, which quote neither prompt nor answer. */
export interface ModelFailure {
  /** The kind of error, such as `AI_APICallError`. */
  readonly name: string
  /** HTTP status. */
  readonly status?: number
  /** The vendor's short code. */
  readonly vendorCode?: string
  readonly requestId?: string
  /** Whether the SDK may try again by itself. */
  readonly retryable?: boolean
}

/**
 * Reads what the SDK or a provider threw, or put into an `error` part of a stream. Messages and bodies are not read.
 */
export function failureOf(error: unknown): ModelFailure {
  const fields = fieldsOf(error)
  const { name, statusCode, isRetryable, responseHeaders } = fields
  return {
    name: wordOf(name) ?? 'Error',
    ...present({
      status: countOf(statusCode),
      vendorCode: isLoopError(error) ? error.code : codeOf(fields),
      requestId: requestIdOf(responseHeaders),
      retryable: typeof isRetryable === 'boolean' ? isRetryable : undefined,
    }),
  }
}

/**
 * The vendor's code. Each provider wraps the vendor's error differently, so several places are searched: for a `code`
 * first, and only then for a `type`, which may be that of the wrapping.
 */
function codeOf(fields: Fields): string | undefined {
  const data = fieldsOf(fields['data'])
  const places = [data['error'], data, fields['error'], fields].map(fieldsOf)
  const words = [...places.map(({ code }) => code), ...places.map(({ type }) => type)]
  return words.map(wordOf).find((word) => word !== undefined)
}

/** Whether the call was aborted: by its own signal, or according to the error. */
export function wasAborted(error: unknown, signal: AbortSignal | undefined): boolean {
  if (signal?.aborted) return true
  const { name } = fieldsOf(error)
  return name === 'AbortError' || name === 'ResponseAborted'
}

/** Why the caller's signal fired: a time limit, or any other reason. */
export function abortReason(signal: AbortSignal | undefined): 'timeout' | 'aborted' {
  return fieldsOf(signal?.reason)['name'] === 'TimeoutError' ? 'timeout' : 'aborted'
}

/** The value if it is a single word, as a code is. Longer text might quote the prompt. */
function wordOf(value: unknown): string | undefined {
  const text = textOf(value, 65)
  return text !== undefined && /^[\w.:-]{1,64}$/.test(text) ? text : undefined
}
