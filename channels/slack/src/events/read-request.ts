import { createHmac, timingSafeEqual } from 'node:crypto'

import { isRecord, readBytes } from '@loop-engine/core'

/** How far the time of a request may be off, in both directions; Slack recommends it for old requests. */
const windowMs = 300_000
const mostBytes = 1_000_000

export type ReadRequest =
  | { readonly body: Readonly<Record<string, unknown>> }
  | { readonly answer: Response }

/**
 * Reads a request of Slack: a small POST, signed over its raw bytes, neither old nor from the future. Any other request gets
 * its answer here, which does not say what was wrong with a signature.
 */
export async function readRequest(
  request: Request,
  signingSecret: string,
  now: number,
): Promise<ReadRequest> {
  if (request.method !== 'POST')
    return { answer: new Response(null, { status: 405, headers: { allow: 'POST' } }) }
  const bytes = await readBytes(request, mostBytes)
  if (!bytes) return { answer: new Response(null, { status: 413 }) }
  if (!isGenuine(request.headers, bytes, signingSecret, now))
    return { answer: new Response(null, { status: 401 }) }

  const body = parse(request.headers.get('content-type') ?? '', bytes)
  if (!body) return { answer: new Response(null, { status: 400 }) }
  // Slack sends these two when the address is entered in its settings.
  if (body['type'] === 'url_verification') return { answer: new Response(challengeOf(body)) }
  if (body['ssl_check'] === '1') return { answer: new Response(null, { status: 200 }) }
  return { body }
}

function isGenuine(headers: Headers, bytes: Buffer, secret: string, now: number): boolean {
  const stamp = headers.get('x-slack-request-timestamp') ?? ''
  const signature = headers.get('x-slack-signature') ?? ''
  if (!/^\d{1,12}$/.test(stamp) || !/^v0=[0-9a-f]{64}$/.test(signature)) return false
  // Bolt's own check accepts any time in the future, and so a captured request until then.
  if (Math.abs(now - Number(stamp) * 1000) > windowMs) return false
  const right = createHmac('sha256', secret).update(`v0:${stamp}:`).update(bytes).digest()
  return timingSafeEqual(right, Buffer.from(signature.slice(3), 'hex'))
}

/** Reads JSON, or a form whose `payload` is JSON. Ignores parameters of the content type, such as a charset. */
function parse(contentType: string, bytes: Buffer): Record<string, unknown> | null {
  const type = contentType.split(';')[0]?.trim().toLowerCase()
  const text = bytes.toString('utf8')
  if (type === 'application/json') return objectOf(text)
  if (type !== 'application/x-www-form-urlencoded') return null
  const form = new URLSearchParams(text)
  const payloads = form.getAll('payload')
  if (payloads.length > 1) return null
  return payloads[0] === undefined ? Object.fromEntries(form) : objectOf(payloads[0])
}

function objectOf(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text)
    return isRecord(value) ? value : null
  } catch {
    return null // signed but not JSON, and answered with 400
  }
}

function challengeOf({ challenge }: Record<string, unknown>): string {
  return typeof challenge === 'string' ? challenge.slice(0, 1000) : ''
}
