import type { KeyObject } from 'node:crypto'

import type { z } from 'zod'

import { LoopError } from '../errors.ts'
import { lazySchema, withZod } from '../lazy-schema.ts'
import { assuranceSchema, principalSchema } from '../model/actor.ts'
import { approvalStatuses, decisionKinds, type ApprovalRequest } from '../model/approval.ts'
import { refuseStrayKeys, type KnownKeys } from '../stray-keys.ts'
import { systemClock, type Clock } from './clock.ts'

const signedDecision = /* @__PURE__ */ withZod((zod) => {
  const sha256 = zod.string().regex(/^[0-9a-f]{64}$/)
  return zod.strictObject({
    tenant: zod.string().min(1).max(256),
    requestId: zod.string().min(1).max(256),
    revision: zod.int().min(1),
    runId: zod.string().min(1).max(256),
    aggregateId: zod.string().min(1).max(256),
    transitionId: zod.string().min(1).max(256),
    actionDigest: sha256,
    viewHash: sha256,
    /** How the request stands after the decision; only `approved` licenses anything, and says that it was executed. */
    status: zod.enum(approvalStatuses),
    decision: zod.enum(decisionKinds).optional(),
    reason: zod.string().max(4096).optional(),
    reviewer: principalSchema.optional(),
    assurance: assuranceSchema.optional(),
    /** When it was decided, epoch milliseconds; null while nobody has. */
    decidedAt: zod.number().nullable(),
  })
})

/** What a decision token says: who decided what about exactly which action, and how that person was known. */
export const signedDecisionSchema = /* @__PURE__ */ lazySchema(signedDecision)
export type SignedDecision = Readonly<z.infer<typeof signedDecisionSchema>>

export interface DecisionSignerOptions {
  /** `iss` of the token: who vouches for the decision, a URL by custom. */
  readonly issuer: string
  /** `kid` of the token, so that keys can be rotated. */
  readonly keyId: string
  /** Ed25519. */
  readonly privateKey: KeyObject
  /** How long a token may be presented; 3,600,000 by default. */
  readonly ttlMs?: number
  readonly clock?: Pick<Clock, 'now'>
}

const signerKeys: KnownKeys<DecisionSignerOptions> = {
  issuer: true,
  keyId: true,
  privateKey: true,
  ttlMs: true,
  clock: true,
}

/** Signs what became of a request; `audience` names the one system that may act on it. */
export type DecisionSigner = (decision: SignedDecision, audience: string) => Promise<string>

/** A key that verifiers trust, and what it is called in a token. */
export interface DecisionKey {
  readonly keyId: string
  readonly publicKey: KeyObject
}

/** What a token must say to be believed: its `iss` and `aud`, and a key that signed it. */
export interface DecisionExpectation {
  readonly issuer: string
  readonly audience: string
  readonly keys: readonly DecisionKey[]
  /** Clocks may differ by five seconds. */
  readonly clock?: Pick<Clock, 'now'>
}

const type = 'loop-decision+jwt'
const claim = 'https://loopengine.io/decision'

/** Makes JSON Web Tokens (RFC 7519), signed with Ed25519 (RFC 8037): whoever has the public key can verify them offline. */
export function createDecisionSigner(options: DecisionSignerOptions): DecisionSigner {
  refuseStrayKeys(options, signerKeys, { what: 'createDecisionSigner', code: 'invalid_config' })
  const { issuer, keyId, privateKey, ttlMs = 3_600_000, clock = systemClock } = options
  return async (decision, audience) => {
    const { SignJWT } = await import('jose')
    const at = Math.floor(clock.now() / 1000)
    return new SignJWT({ [claim]: signedDecisionSchema.parse(decision) })
      .setProtectedHeader({ alg: 'EdDSA', typ: type, kid: keyId })
      .setIssuer(issuer)
      .setAudience(audience)
      .setSubject(decision.requestId)
      .setIssuedAt(at)
      .setExpirationTime(at + Math.floor(ttlMs / 1000))
      .sign(privateKey)
  }
}

/** Reads a token that was meant for this audience. Throws `refused`, with `details.reason`, for anything else. */
export async function verifyDecisionToken(
  token: string,
  { issuer, audience, keys, clock = systemClock }: DecisionExpectation,
): Promise<SignedDecision> {
  const { jwtVerify } = await import('jose')
  const { payload } = await jwtVerify(token, ({ kid }) => keyOf(keys, kid), {
    issuer,
    audience,
    typ: type,
    algorithms: ['EdDSA'],
    requiredClaims: ['exp', 'iat', 'sub'],
    currentDate: new Date(clock.now()),
    clockTolerance: 5,
  }).catch((error: unknown) => {
    throw refuse(reasonOf(error))
  })
  const read = signedDecisionSchema.safeParse(payload[claim])
  if (!read.success || read.data.requestId !== payload.sub) throw refuse('malformed')
  return read.data
}

/** The signable form of a request that was decided, or that ended otherwise. */
export function signedDecisionOf(request: ApprovalRequest): SignedDecision {
  const last = request.decisions.at(-1)
  // People approved, but a guard no longer passed: the engine did not take the transition, so nobody else may.
  const isBlocked = request.status === 'approved' && request.executedBy === null
  return {
    tenant: request.tenant,
    requestId: request.id,
    revision: request.revision,
    runId: request.runId,
    aggregateId: request.aggregateId,
    transitionId: request.transitionId,
    actionDigest: request.actionDigest,
    viewHash: request.viewHash,
    status: isBlocked ? 'cancelled' : request.status,
    decidedAt: request.decidedAt,
    ...(last && {
      decision: last.decision,
      reviewer: principalOf(last.reviewer),
      ...(last.reason !== undefined && { reason: last.reason }),
      ...(last.reviewer.assurance && { assurance: last.reviewer.assurance }),
    }),
  }
}

function principalOf({
  type: kind,
  id,
  onBehalfOf,
}: ApprovalRequest['requester']): NonNullable<SignedDecision['reviewer']> {
  return { type: kind, id, ...(onBehalfOf && { onBehalfOf }) }
}

function keyOf(keys: readonly DecisionKey[], kid: string | undefined): KeyObject {
  const known = keys.find(({ keyId }) => keyId === kid)
  if (known) return known.publicKey
  throw refuse('unknown_key')
}

function reasonOf(error: unknown): string {
  if (error instanceof LoopError) return String(error.details?.['reason'])
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  switch (code) {
    case 'ERR_JWT_EXPIRED':
      return 'expired'
    case 'ERR_JWT_CLAIM_VALIDATION_FAILED':
      return 'not_for_here'
    case 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED':
      return 'bad_signature'
    default:
      return 'malformed'
  }
}

function refuse(reason: string): LoopError {
  return new LoopError('refused', 'A decision token does not verify.', {
    details: { reason },
    hint: 'Ask the issuer for the decision again; never act on this one.',
  })
}
