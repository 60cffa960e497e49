import {
  checkTimeout,
  isLoopError,
  LoopError,
  publishEach,
  refuseStrayKeys,
  systemClock,
  type Clock,
  type CloudEvent,
  type EventSink,
  type KnownKeys,
} from '@loop-engine/core'
import { Webhook } from 'standardwebhooks'
import { Agent, request } from 'undici'

import { createDestinations } from './destination.ts'

export interface WebhookSinkOptions {
  /** Different for each sink of a system; `webhook` by default. */
  readonly name?: string
  /** A public HTTPS address, unless `allow` names its network. */
  readonly url: string
  /** `whsec_…` (Standard Webhooks). The first is the current one; all of them sign, so that secrets can be rotated. */
  readonly secrets: readonly string[]
  /** Networks (CIDR) that are allowed though they are not public, also by plain HTTP. */
  readonly allow?: readonly string[]
  /** Time limit for one event, connecting included; 10,000 by default. */
  readonly timeoutMs?: number
  readonly clock?: Pick<Clock, 'now'>
}

const optionKeys: KnownKeys<WebhookSinkOptions> = {
  name: true,
  url: true,
  secrets: true,
  allow: true,
  timeoutMs: true,
  clock: true,
}

/**
 * Posts each event as CloudEvents 1.0 (structured mode) with a Standard Webhooks signature. `webhook-id` is the event's
 * id, so that a receiver recognises a repetition. Redirects are not followed.
 *
 * `publish` throws `unavailable`, retryable, if the receiver cannot be reached or asks to retry, and `refused` if it
 * rejects the event.
 */
export function createWebhookSink(options: WebhookSinkOptions): EventSink {
  refuseStrayKeys(options, optionKeys, { what: 'createWebhookSink', code: 'invalid_config' })
  const { name = 'webhook', url, secrets, allow, timeoutMs = 10_000, clock = systemClock } = options
  const destinations = createDestinations(allow)
  const target = destinations.check(url)
  const signers = readSecrets(secrets)
  checkTimeout('webhooks', timeoutMs)
  const dispatcher = new Agent({
    connect: { lookup: destinations.lookupFor(target), timeout: timeoutMs },
  })

  async function post(event: CloudEvent, signal: AbortSignal): Promise<void> {
    const body = JSON.stringify(event)
    const at = new Date(clock.now())
    const limit = AbortSignal.timeout(timeoutMs)
    const {
      statusCode,
      headers,
      body: answer,
    } = await request(target, {
      method: 'POST',
      dispatcher,
      signal: AbortSignal.any([signal, limit]),
      body,
      headers: {
        'content-type': 'application/cloudevents+json; charset=utf-8',
        'user-agent': 'loop-engine',
        'webhook-id': event.id,
        'webhook-timestamp': `${Math.floor(at.getTime() / 1000)}`,
        'webhook-signature': signers.map((signer) => signer.sign(event.id, at, body)).join(' '),
        ...(event.traceparent !== undefined && { traceparent: event.traceparent }),
      },
    }).catch((error: unknown) => {
      if (signal.aborted) throw fail('aborted', 'was not delivered: sending it was aborted', {})
      throw isLoopError(error) ? error : fail('unavailable', 'could not be delivered', {})
    })
    // The body of the answer is not used, and could be endless.
    await answer.dump({ limit: 16_384 }).catch(() => undefined)
    if (statusCode >= 200 && statusCode < 300) return
    const details = { status: statusCode, ...retryAfter(headers['retry-after'], clock.now()) }
    if (statusCode >= 500 || [408, 425, 429].includes(statusCode))
      throw fail('unavailable', 'was not taken: the receiver asks to retry later', details)
    throw fail('refused', 'was rejected by its receiver', details)
  }

  return {
    contract: 'sink/v1',
    name,
    publish: (events, { signal }) => publishEach(events, (event) => post(event, signal)),
  }
}

function readSecrets(secrets: readonly string[]): readonly Webhook[] {
  try {
    const isGood = secrets.length > 0 && secrets.every(isLong)
    if (isGood) return secrets.map((secret) => new Webhook(secret))
  } catch {
    // The error below does not quote the secret.
  }
  throw new LoopError('invalid_config', 'The secrets of a webhook could not be read.', {
    plugin: 'webhooks',
    path: '/secrets',
    hint: 'Give at least one, as whsec_ and base64 of 24 to 64 random bytes.',
  })
}

/** Standard Webhooks asks for 24 to 64 bytes; a shorter secret could be guessed. */
function isLong(secret: string): boolean {
  return Buffer.from(secret.replace(/^whsec_/, ''), 'base64').length >= 24
}

/** Reads `retry-after` (RFC 9110): seconds, or a date. */
function retryAfter(value: unknown, now: number): { retryAfterMs?: number } {
  if (typeof value !== 'string') return {}
  const ms = /^\d{1,9}$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now
  return Number.isFinite(ms) && ms > 0 ? { retryAfterMs: ms } : {}
}

function fail(
  code: 'unavailable' | 'refused' | 'aborted',
  what: string,
  details: Record<string, unknown>,
): LoopError {
  return new LoopError(code, `An event ${what}.`, {
    plugin: 'webhooks',
    retryable: code === 'unavailable',
    details,
  })
}
