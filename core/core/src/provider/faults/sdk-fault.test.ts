import { expect, test } from 'vitest'

import { AnswerCutError, readRetryAfterMs, readSdkFault } from '../index.ts'
import { faultError } from './model-fault.ts'

/** The shape of the errors of generated SDKs. */
class APIError extends Error {
  readonly status: number | undefined
  readonly headers: Headers | undefined
  readonly error: unknown
  constructor(status?: number, error?: unknown, headers?: Record<string, string>) {
    super('It quotes what was asked.')
    this.status = status
    this.headers = headers && new Headers(headers)
    this.error = error
  }
}
class APIConnectionTimeoutError extends APIError {}

test.each([
  [
    'an OpenAI error, whose body is unwrapped',
    new APIError(429, { code: 'rate', type: 'limit' }, { 'x-request-id': 'r', 'retry-after': '2' }),
    { kind: 'status', status: 429, vendorCode: 'rate', requestId: 'r', retryAfterMs: 2000 },
  ],
  [
    'a Perplexity error, whose body is whole and whose code repeats the status',
    new APIError(400, { error: { code: 400, type: 'invalid_request' } }, {}),
    { kind: 'status', status: 400, vendorCode: 'invalid_request' },
  ],
  [
    'an error event in a stream',
    new APIError(undefined, { type: 'server_error', code: null }),
    { kind: 'status', status: 500, vendorCode: 'server_error' },
  ],
  [
    'an error event whose body is whole, in a stream of Perplexity',
    new APIError(undefined, { type: 'error', error: { code: 'insufficient_quota' } }, {}),
    { kind: 'status', status: 500, vendorCode: 'insufficient_quota' },
  ],
  ['a connection that failed', new APIError(), { kind: 'network' }],
  ['a limit of the SDK', new APIConnectionTimeoutError(), { kind: 'timeout' }],
  ['a stream that just stopped', new AnswerCutError(), { kind: 'network' }],
])('%s', (_, error, fault) => {
  expect(readSdkFault(error)).toMatchObject(fault)
})

test('what is not of an SDK is left to others', () => {
  expect(readSdkFault(new TypeError('a bug'))).toBeUndefined()
  expect(readSdkFault('text')).toBeUndefined()
})

test.each([
  [{ 'retry-after': '7' }, 7000],
  [{ 'retry-after': '7', 'retry-after-ms': '250' }, 250],
  [{ 'retry-after': 'Thu, 01 Jan 1970 00:00:12 GMT' }, 2000],
  [{ 'retry-after': 'Thu, 01 Jan 1970 00:00:01 GMT' }, undefined],
  [{ 'retry-after': 'soon' }, undefined],
  [{}, undefined],
])('%j asks to wait %s ms', (headers, wait) => {
  expect(readRetryAfterMs(new Headers(headers), 10_000)).toBe(wait)
})

test.each([
  [400, 'invalid_api_key', 'auth'],
  [429, 'insufficient_quota', 'auth'],
  [400, 'context_length_exceeded', 'too_large'],
  [400, 'content_filter', 'content_filtered'],
  [429, 'rate_limit_exceeded', 'rate_limited'],
  [400, 'You asked: what is', 'invalid_config'],
])(
  'status %i with the code %s is %s, and is not tried again in vain',
  (status, vendorCode, code) => {
    const error = faultError('acme', { kind: 'status', status, vendorCode })

    expect(error).toMatchObject({ code, retryable: code === 'rate_limited' })
    expect(JSON.stringify(error)).not.toContain('what is')
  },
)

test('a conflict is the lock of the vendor, which may be free again', () => {
  const error = faultError('acme', { kind: 'status', status: 409 })

  expect(error).toMatchObject({ code: 'unavailable', retryable: true })
})
