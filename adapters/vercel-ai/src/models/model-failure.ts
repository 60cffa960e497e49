import { isLoopError } from '@loop-engine/core'
import { present } from '@loop-engine/core/provider'

import { countOf, fieldsOf, textOf, type Fields } from '../fields.ts'
import { requestIdOf } from './model-answer.ts'

/** How a call went wrong, in words that quote nothing: names, codes and numbers. */
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

/** Reads what the SDK or a provider threw, or put into an `error` part of a stream. Messages and bodies are not read. */
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

/** Each provider hands the vendor's error on in another wrapping. The kind of a wrapping is a code only where no code is. */
function codeOf(fields: Fields): string | undefined {
  const data = fieldsOf(fields['data'])
  const places = [data['error'], data, fields['error'], fields].map(fieldsOf)
  const words = [...places.map(({ code }) => code), ...places.map(({ type }) => type)]
  return words.map(wordOf).find((word) => word !== undefined)
}

/** A call that somebody stopped: its own signal, or an error that says so. */
export function wasAborted(error: unknown, signal: AbortSignal | undefined): boolean {
  if (signal?.aborted) return true
  const { name } = fieldsOf(error)
  return name === 'AbortError' || name === 'ResponseAborted'
}

/** Why the caller's signal fired: a time limit, or somebody. */
export function abortReason(signal: AbortSignal | undefined): 'timeout' | 'aborted' {
  return fieldsOf(signal?.reason)['name'] === 'TimeoutError' ? 'timeout' : 'aborted'
}

/** A code is a word. Anything else might quote what was asked. */
function wordOf(value: unknown): string | undefined {
  const text = textOf(value, 65)
  return text !== undefined && /^[\w.:-]{1,64}$/.test(text) ? text : undefined
}
