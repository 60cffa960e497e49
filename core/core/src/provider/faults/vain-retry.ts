import { readRetryAfterMs } from './sdk-fault.ts'

/**
 * Keeps an SDK from waiting longer than its call may last: the failure is reported now, with the time to wait, and not as
 * a timeout later. These SDKs obey `x-should-retry`.
 */
export function withoutVainRetry(response: Response, endsAt: number, now: number): Response {
  if (response.ok || (readRetryAfterMs(response.headers, now) ?? 0) <= endsAt - now) return response
  const { body, status, statusText } = response
  const headers = new Headers(response.headers)
  headers.set('x-should-retry', 'false')
  return new Response(body, { status, statusText, headers })
}
