import { ed25519 } from '@noble/curves/ed25519.js'
import { ApplicationFailure } from '@temporalio/workflow'
import { z } from 'zod'

import { failureTypes } from '../names.ts'

/** Whose decisions count. Plain data, so that it can be written in workflow code or arrive as an argument. */
export interface TokenTrust {
  readonly issuer: string
  /** The name by which the issuer knows this workflow's namespace. */
  readonly audience: string
  readonly keys: readonly {
    readonly keyId: string
    /** The 32 bytes of the Ed25519 public key in base64url: `x` of its JWK. */
    readonly x: string
  }[]
}

// The claims of a decision token that a gate reads; the signer checked the whole shape.
const principal = z.object({ type: z.string(), id: z.string() })
const decisionSchema = z.object({
  tenant: z.string(),
  requestId: z.string(),
  revision: z.int(),
  runId: z.string(),
  actionDigest: z.string(),
  viewHash: z.string(),
  status: z.enum(['pending', 'approved', 'rejected', 'expired', 'superseded', 'cancelled']),
  decision: z.string().optional(),
  reason: z.string().optional(),
  reviewer: principal.optional(),
  decidedAt: z.number().nullable(),
})
export type VerifiedDecision = z.infer<typeof decisionSchema>

const headerSchema = z.object({
  alg: z.literal('EdDSA'),
  typ: z.literal('loop-decision+jwt'),
  kid: z.string(),
  crit: z.never().optional(), // Extensions that a reader must understand: none are supported.
})
const claim = 'https://loopengine.io/decision'
const payloadSchema = z.object({
  iss: z.string(),
  aud: z.string(),
  sub: z.string(),
  iat: z.number(),
  exp: z.number(),
  [claim]: decisionSchema,
})

const toleranceSeconds = 5
const longestToken = 65_536

/**
 * Reads a decision token without Node: the same checks as `verifyDecisionToken` of the core, in plain JavaScript.
 * Without `trust` nothing is verified, for tokens that were verified before. Throws `LoopEngine.DecisionRefused`.
 */
export function readToken(token: unknown, trust?: TokenTrust, now = 0): VerifiedDecision {
  if (typeof token !== 'string' || token.length > longestToken) throw refuse('malformed')
  const parts = token.split('.')
  const [header = '', payload = '', signature = ''] = parts
  const head = headerSchema.safeParse(json(header))
  const body = payloadSchema.safeParse(json(payload))
  if (parts.length !== 3 || !head.success || !body.success) throw refuse('malformed')
  const { iss, aud, sub, iat, exp, [claim]: decision } = body.data
  if (sub !== decision.requestId) throw refuse('malformed')
  if (!trust) return decision

  const key = trust.keys.find(({ keyId }) => keyId === head.data.kid)
  if (!key) throw refuse('unknown_key')
  if (!isSigned(`${header}.${payload}`, bytes(signature), bytes(key.x)))
    throw refuse('bad_signature')
  if (iss !== trust.issuer || aud !== trust.audience) throw refuse('not_for_here')
  const seconds = now / 1000
  if (exp + toleranceSeconds <= seconds || iat - toleranceSeconds > seconds) throw refuse('expired')
  return decision
}

function isSigned(text: string, signature: Uint8Array, key: Uint8Array): boolean {
  try {
    return ed25519.verify(signature, new TextEncoder().encode(text), key, { zip215: false })
  } catch {
    return false // Not a key, or not a signature.
  }
}

function json(part: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes(part)))
  } catch {
    return undefined
  }
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** Decodes base64url without padding, for which the sandbox has no function. Any other text gives no bytes. */
function bytes(text: string): Uint8Array {
  const out = new Uint8Array(Math.floor((text.length * 6) / 8))
  let bits = 0
  let held = 0
  let at = 0
  for (const letter of text) {
    const value = alphabet.indexOf(letter)
    if (value < 0) return new Uint8Array()
    held = ((held << 6) | value) & 0xffff
    bits += 6
    if (bits < 8) continue
    bits -= 8
    out[at++] = (held >> bits) & 0xff
  }
  return out
}

/** The failure for a decision that does not count. */
export function refuse(reason: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(
    `A decision was refused: ${reason}.`,
    failureTypes.refused,
    { reason },
  )
}
