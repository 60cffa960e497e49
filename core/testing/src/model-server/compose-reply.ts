import type { JsonObject } from '@loop-engine/core'

import { defaultUsage, spokenBy, type ModelReply, type WireAnswer } from './model-reply.ts'
import type { ModelWire, WireRoute } from './model-wire.ts'
import { eventBytes, jsonBytes, type Payload } from './send-reply.ts'

export interface Scripted {
  readonly wire: ModelWire
  readonly reply: ModelReply
  readonly route: WireRoute
  readonly body: JsonObject
  /** The number of the request, which makes ids differ. */
  readonly number: string
  /** The text that an error of the vendor quotes. */
  readonly quoted: string
}

/** The status, headers and bytes of a reply, in the format of its wire. */
export function composeReply({ wire, reply, route, body, number, quoted }: Scripted): Payload {
  if (reply.kind === 'status')
    return faultPayload(wire, { ...reply, number, message: `You sent ${quoted}` })
  const { streams } = route
  const answer: WireAnswer = {
    ...spokenBy(reply),
    id: reply.id === undefined ? `${wire.idPrefix}_${number}` : reply.id,
    model: reply.model ?? `${route.model}-2026-11-01`,
    usage: reply.usage ?? defaultUsage,
    sources: reply.sources ?? [],
  }
  const bytes = streams
    ? eventBytes(wire.events(answer, body))
    : jsonBytes(wire.answer(answer, body))
  return {
    status: 200,
    headers: {
      ...requestIdHeader(wire, reply.requestId, number),
      ...(streams
        ? { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' }
        : { 'content-type': 'application/json', 'content-length': String(bytes.length) }),
    },
    bytes,
    ...stops(reply, bytes.length),
    ...(reply.pieceBytes !== undefined && { pieceBytes: reply.pieceBytes }),
  }
}

interface Refusal {
  readonly status: number
  readonly message: string
  readonly number: string
  readonly code?: string | undefined
  readonly text?: string | undefined
  readonly requestId?: string | null | undefined
  readonly retryAfterSeconds?: number | undefined
  readonly retryAfterMs?: number | undefined
}

/** An HTTP error in the format of the vendor. */
export function faultPayload(wire: ModelWire, refusal: Refusal): Payload {
  const { status, message, number, code, text, retryAfterMs, retryAfterSeconds } = refusal
  const ids = requestIdHeader(wire, refusal.requestId, number)
  const fault = {
    status,
    message,
    requestId: Object.values(ids)[0] ?? null,
    ...(code !== undefined && { code }),
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  }
  const bytes = text === undefined ? jsonBytes(wire.error(fault)) : Buffer.from(text)
  return {
    status,
    headers: {
      ...ids,
      ...wire.retryHeaders(fault),
      ...(retryAfterMs !== undefined && { 'retry-after-ms': String(retryAfterMs) }),
      'content-type': text === undefined ? 'application/json' : 'text/html',
      'content-length': String(bytes.length),
    },
    bytes,
  }
}

function requestIdHeader(
  { requestIdHeader: name }: ModelWire,
  requestId: string | null | undefined,
  number: string,
): Record<string, string> {
  if (name === undefined || requestId === null) return {}
  return { [name]: requestId ?? `req_${number}` }
}

function stops(reply: ModelReply, length: number): Pick<Payload, 'stops'> {
  const half = Math.floor(length / 2)
  if (reply.kind === 'cut') return { stops: { afterBytes: reply.before ? 0 : half, how: 'cut' } }
  if (reply.kind === 'hang') return { stops: { afterBytes: reply.midway ? half : 0, how: 'hang' } }
  return {}
}
