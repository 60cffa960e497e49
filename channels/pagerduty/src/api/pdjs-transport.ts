import type { Agent } from 'node:https'

import {
  checkTimeout,
  LoopError,
  refuseStrayKeys,
  unlessAborted,
  type KnownKeys,
} from '@loop-engine/core'
import { api, event } from '@pagerduty/pdjs'
import { z } from 'zod'

import type { PagerDutyAnswer, PagerDutyTransport } from './transport.ts'

export interface PdjsTransportOptions {
  /** A REST API key, or an OAuth token with `tokenType: 'bearer'`. */
  readonly token: string
  readonly tokenType?: 'token' | 'bearer'
  /** The region of the account, which decides the hosts; `us` by default. */
  readonly region?: 'us' | 'eu'
  /** Other hosts, each as `host[:port]`, always reached by https. */
  readonly hosts?: { readonly api: string; readonly events: string }
  /** For a proxy, or a private certificate authority. */
  readonly agent?: Agent
  /** How long one call may take; 10,000 by default. */
  readonly timeoutMs?: number
}

const optionKeys: KnownKeys<PdjsTransportOptions> = {
  token: true,
  tokenType: true,
  region: true,
  hosts: true,
  agent: true,
  timeoutMs: true,
}
const regions = {
  us: { api: 'api.pagerduty.com', events: 'events.pagerduty.com' },
  eu: { api: 'api.eu.pagerduty.com', events: 'events.eu.pagerduty.com' },
} as const

/** The most bytes of an answer that are read. */
const mostBytes = 8_000_000
/** After 429 pdjs retries three times, with a pause that ignores the headers; this keeps the pause short. */
const pauseMs = 100

/** A transport by PagerDuty's own library, which works around its defects; see `send`. */
export function createPdjsTransport(options: PdjsTransportOptions): PagerDutyTransport {
  refuseStrayKeys(options, optionKeys, { what: 'createPdjsTransport', code: 'invalid_config' })
  const { token, tokenType = 'token', region = 'us', agent, timeoutMs = 10_000 } = options
  const { hosts = regions[region] } = options
  checkTimeout('pagerduty', timeoutMs)
  if (!token || /[\r\n]/.test(token))
    throw new LoopError('invalid_config', 'PagerDuty needs a REST API key.', {
      plugin: 'pagerduty',
      path: '/token',
    })
  /** Options that pdjs passes on to node-fetch, although its types have none of them. */
  const common = (signal: AbortSignal | undefined): object => ({
    // pdjs's `requestTimeout` sets no limit and only keeps the process alive. The `timeout` of node-fetch works.
    requestTimeout: 0,
    timeout: timeoutMs,
    retryTimeout: pauseMs,
    size: mostBytes,
    // A redirect could send the key to another host.
    redirect: 'error',
    ...(agent && { agent }),
    ...(signal && { signal }),
  })
  return {
    sendEvent: (data, signal) =>
      send(
        () =>
          event({
            ...common(signal),
            server: hosts.events,
            data: data as Parameters<typeof event>[0]['data'], // the types of pdjs demand a payload for `resolve` too
          }),
        signal,
      ),
    call: ({ method, path, query, body, from }, signal) =>
      send(
        () =>
          callApi({
            ...common(signal),
            method,
            server: hosts.api,
            endpoint: path,
            token,
            tokenType,
            ...(query && { queryParameters: query }),
            ...(body && { data: body }),
            ...(from !== undefined && { headers: { From: from } }),
          }),
        signal,
      ),
  }
}

/** With an endpoint pdjs makes the call, although its types say that it returns a function. */
const callApi = api as unknown as (parameters: object) => Promise<object>

const answerSchema = z.object({ status: z.int(), data: z.unknown().optional() })

/**
 * pdjs resolves for 4xx and 5xx, rejects with the answer itself if its body is no JSON, and rejects with an error of
 * node-fetch otherwise. Its `resource` is wrong for most addresses, so only `data` is used. Its errors are not passed on,
 * because some quote addresses or bodies.
 */
async function send(
  request: () => Promise<object>,
  signal: AbortSignal | undefined,
): Promise<PagerDutyAnswer> {
  try {
    if (signal?.aborted) throw unwanted()
    // pdjs observes a signal only while it fetches, and not while it pauses.
    return readAnswer(await unlessAborted(request(), signal, unwanted)) ?? nothing()
  } catch (error) {
    if (error instanceof LoopError) throw error
    const answer = readAnswer(error)
    if (answer) return answer
    if (isTimeout(error))
      throw new LoopError('timeout', 'PagerDuty did not answer in time.', {
        plugin: 'pagerduty',
        retryable: true,
      })
    return nothing()
  }
}

function readAnswer(answer: unknown): PagerDutyAnswer | undefined {
  const read = answerSchema.safeParse(answer)
  if (!read.success) return undefined
  const { status, data } = read.data
  const wait = retryAfter(answer)
  return { status, data, ...(wait !== undefined && { retryAfterMs: wait }) }
}

/** `Retry-After` and `ratelimit-reset` are both seconds from now. */
function retryAfter(answer: unknown): number | undefined {
  const headers: unknown = (answer as { headers?: unknown }).headers // node-fetch's own Headers
  if (typeof headers !== 'object' || headers === null || !('get' in headers)) return undefined
  const { get } = headers
  if (typeof get !== 'function') return undefined
  for (const name of ['retry-after', 'ratelimit-reset']) {
    const seconds: unknown = get.call(headers, name)
    if (typeof seconds === 'string' && /^\d{1,6}$/.test(seconds)) return Number(seconds) * 1000
  }
  return undefined
}

function nothing(): never {
  throw new LoopError('unavailable', 'PagerDuty did not answer.', {
    plugin: 'pagerduty',
    retryable: true,
  })
}

function isTimeout(error: unknown): boolean {
  const types: unknown[] = ['request-timeout', 'body-timeout']
  return (
    typeof error === 'object' && error !== null && 'type' in error && types.includes(error.type)
  )
}

function unwanted(): LoopError {
  return new LoopError('aborted', 'A call to PagerDuty was aborted.', {
    plugin: 'pagerduty',
  })
}
