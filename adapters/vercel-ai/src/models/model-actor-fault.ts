import { codeOfText, readRetryAfterMs, type ModelFault } from '@loop-engine/core/provider'

import { fieldsOf } from '../fields.ts'
import { failureOf } from './model-failure.ts'

const unreadable = new Set([
  'AI_JSONParseError',
  'AI_TypeValidationError',
  'AI_InvalidResponseDataError',
  'AI_EmptyResponseBodyError',
  'AI_NoContentGeneratedError',
])
const misused = new Set([
  'AI_InvalidPromptError',
  'AI_InvalidArgumentError',
  'AI_NoSuchModelError',
  'AI_UnsupportedFunctionalityError',
])
/** The HTTP status for each code that vendors put into their streams instead of a status. */
const statusOfCode = new Map([
  ['rate_limit_exceeded', 429],
  ['rate_limit_error', 429],
  ['overloaded_error', 503],
  ['authentication_error', 401],
  ['invalid_request_error', 400],
])

/** Reads errors of the SDK's providers, by name because each major has its own classes; undefined for other errors. */
export function readModelFault(error: unknown): ModelFault | undefined {
  const { name, status, requestId, ...failure } = failureOf(error)
  const vendorCode = codeOfText(fieldsOf(error)['message']) ?? failure.vendorCode
  const known = { status, vendorCode, requestId, retryAfterMs: readRetryAfterMs(headersOf(error)) }
  if (name === 'AI_APICallError' || name.startsWith('Gateway'))
    return { kind: status !== undefined && status >= 400 ? 'status' : kindOf(error), ...known }
  if (name === 'AI_LoadAPIKeyError') return { kind: 'status', ...known, status: 401 }
  if (unreadable.has(name)) return { kind: 'bad_response', ...known }
  if (misused.has(name)) return { kind: 'status', ...known, status: 400 }
  if (error instanceof Error) return undefined
  // Plain data from an `error` part of a stream.
  return { kind: 'status', ...known, status: status ?? statusOfCode.get(vendorCode ?? '') ?? 500 }
}

/** Why a call failed without an error status: the connection broke, or the provider could not read the response. */
function kindOf(error: unknown): 'network' | 'bad_response' {
  const { name } = fieldsOf(fieldsOf(error)['cause'])
  return typeof name === 'string' && unreadable.has(name) ? 'bad_response' : 'network'
}

function headersOf(error: unknown): Headers | undefined {
  const headers = Object.entries(fieldsOf(fieldsOf(error)['responseHeaders']))
  const texts = headers.filter((entry): entry is [string, string] => typeof entry[1] === 'string')
  return texts.length > 0 ? new Headers(texts) : undefined
}
