import {
  isLoopError,
  LoopError,
  type ApprovalRequest,
  type Channel,
  type ChannelContext,
  type CloudEvent,
  type EventSink,
} from '@loop-engine/core'
import { createWebhookSink } from '@loop-engine/integration-webhooks'

export interface CallbackOptions {
  /** Origins that may be called back, such as `https://n8n.example.com`. Who attempts a transition names a URL there. */
  readonly origins: readonly string[]
  /** `whsec_…` (Standard Webhooks). Each of them signs, so that secrets can be rotated. */
  readonly secrets: readonly string[]
  /** Networks (CIDR) that may be called although they are not public, and by plain HTTP. */
  readonly allow?: readonly string[]
}

export interface Callbacks {
  readonly channel: Channel
  /** Throws `invalid_input` for a URL that the server does not call back. */
  check(url: string): void
}

/**
 * Tells whoever waits for an approval request that it was closed, with a signed POST that is repeated until it is
 * taken. It licenses nothing: the receiver reads the request.
 */
export function createCallbacks({ origins, secrets, allow = [] }: CallbackOptions): Callbacks {
  const known = new Set(origins.map(originOf))
  // Faulty secrets or networks are refused now, and not when a receiver waits.
  for (const origin of known) createWebhookSink({ url: origin, secrets, allow })

  return {
    check(url) {
      const parsed = URL.parse(url)
      if (parsed && known.has(parsed.origin) && !parsed.username && !parsed.password) return
      throw new LoopError('invalid_input', 'This server does not call back to this address.', {
        path: '/callbackUrl',
        hint: 'Add its origin to `callbacks.origins` in the options of the server.',
      })
    },
    channel: {
      contract: 'channel/v1',
      name: 'callback',
      // The receiver is told of the end of a request only: it decides nothing.
      notify: async () => undefined,
      async update(ref, request, _view, context) {
        if (request.status === 'pending') return
        await tell(
          createWebhookSink({ url: ref['url'] as string, secrets, allow }),
          eventOf(request, context),
          context.signal,
        )
      },
    },
  }
}

/** Every failure is retried: a receiver that refuses the event may not have stored yet that it waits for it. */
async function tell(sink: EventSink, event: CloudEvent, signal: AbortSignal): Promise<void> {
  try {
    await sink.publish([event], { signal })
  } catch (error) {
    const retryAfterMs = isLoopError(error) ? error.details?.['retryAfterMs'] : undefined
    throw new LoopError(
      'unavailable',
      'The receiver of a callback could not be reached, or refused it.',
      {
        plugin: 'callback',
        retryable: true,
        ...(retryAfterMs !== undefined && { details: { retryAfterMs } }),
      },
    )
  }
}

function eventOf(request: ApprovalRequest, { idempotencyKey }: ChannelContext): CloudEvent {
  const { id, tenant, loopId, aggregateId, runId, transitionId, revision, status } = request
  return {
    specversion: '1.0',
    id: idempotencyKey,
    source: `urn:loop-engine:${encodeURIComponent(tenant)}:${encodeURIComponent(loopId)}`,
    type: 'dev.loop-engine.callback.v1',
    subject: encodeURIComponent(aggregateId),
    time: new Date(request.decidedAt ?? request.expiresAt).toISOString(),
    datacontenttype: 'application/json',
    sequence: String(revision).padStart(16, '0'),
    partitionkey: runId,
    data: { requestId: id, aggregateId, runId, transitionId, revision, status },
  }
}

function originOf(text: string): string {
  const origin = URL.parse(text)?.origin
  if (origin !== undefined && origin !== 'null') return origin
  throw new LoopError('invalid_config', 'An origin in `callbacks` is no URL.', {
    path: '/callbacks/origins',
    hint: 'Write it with its scheme, such as https://n8n.example.com.',
  })
}
