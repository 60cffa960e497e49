import { createHmac, timingSafeEqual } from 'node:crypto'

const form = /^v1=([0-9a-f]{64})$/i
/** PagerDuty sends one signature for each secret in use: two while a secret is rotated. */
const mostSignatures = 16

/**
 * Whether one of the signatures in `X-PagerDuty-Signature` was made over these bytes with one of the secrets. Takes constant
 * time, because every signature is compared with every expected one.
 */
export function isSigned(
  header: string | null,
  bytes: Uint8Array,
  secrets: readonly string[],
): boolean {
  const signatures = (header ?? '')
    .split(',')
    .slice(0, mostSignatures)
    .flatMap((part) => form.exec(part.trim())?.[1] ?? [])
    .map((hex) => Buffer.from(hex, 'hex'))
  const right = secrets.map((secret) => createHmac('sha256', secret).update(bytes).digest())
  return signatures
    .flatMap((given) => right.map((expected) => timingSafeEqual(given, expected)))
    .includes(true)
}
