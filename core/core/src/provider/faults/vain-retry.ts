import { readRetryAfterMs } from './sdk-fault.ts'

/**
 * Keeps an SDK from sleeping longer than its call may last: the failure is told now, with the time to wait, instead of
 * as a timeout later. `x-should-retry` is what these SDKs obey.
 */
export function withoutVainRetry(response: Response, endsAt: number, now: number): Response {
  if (response.ok || (readRetryAfterMs(response.headers, now) ?? 0) <= endsAt - now) return response
  const { body, status, statusText } = response
  const headers = new Headers(response.headers)
  headers.set('x-should-retry', 'false')
  return new Response(body, { status, statusText, headers })
}
