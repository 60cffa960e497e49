import { createHmac, timingSafeEqual } from 'node:crypto'

export interface SignedMessage {
  /** One or more `whsec_…`, separated by blanks or commas; any of them may have signed. */
  readonly secrets: string
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  /** The bytes as they were received. */
  readonly body: Buffer
  /** Epoch milliseconds. */
  readonly now: number
}

export type Verified =
  | { readonly ok: true; readonly id: string; readonly at: number }
  | { readonly ok: false; readonly reason: string }

/** How far the sender's clock may be ahead or behind. */
const toleranceMs = 5 * 60_000

/** Verifies a signature of Standard Webhooks. Without a secret every signature is refused. */
export function verifySignature({ secrets, headers, body, now }: SignedMessage): Verified {
  const id = textOf(headers['webhook-id'])
  const timestamp = textOf(headers['webhook-timestamp'])
  const given = textOf(headers['webhook-signature'])
  if (id === '' || given === '' || !/^\d{1,12}$/.test(timestamp))
    return { ok: false, reason: 'unsigned' }
  const keys = secrets.split(/[\s,]+/).flatMap(keyOf)
  if (keys.length === 0) return { ok: false, reason: 'no_secret' }
  const signed = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), body])
  const candidates = given.split(' ').flatMap(bytesOf)
  const isGenuine = keys.some((key) => {
    const expected = createHmac('sha256', key).update(signed).digest()
    return candidates.some(
      (candidate) => candidate.length === expected.length && timingSafeEqual(candidate, expected),
    )
  })
  if (!isGenuine) return { ok: false, reason: 'bad_signature' }
  const at = Number(timestamp) * 1000
  if (Math.abs(now - at) > toleranceMs) return { ok: false, reason: 'too_old_or_new' }
  return { ok: true, id, at }
}

/** Standard Webhooks asks for 24 to 64 bytes; a shorter secret could be guessed. */
function keyOf(secret: string): Buffer[] {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  return key.length >= 24 ? [key] : []
}

function bytesOf(signature: string): Buffer[] {
  return signature.startsWith('v1,') ? [Buffer.from(signature.slice(3), 'base64')] : []
}

function textOf(value: string | readonly string[] | undefined): string {
  return typeof value === 'string' ? value : ''
}
