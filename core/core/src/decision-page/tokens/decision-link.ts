import { EncryptJWT, errors, jwtDecrypt, type JWTPayload } from 'jose'
import { z } from 'zod'

import { systemClock, type Clock } from '../../contracts/clock.ts'
import type { DecisionKind } from '../../model/approval.ts'
import { deriveKeys } from './derive-keys.ts'

/** What a link lets its holder do: see one revision of one request, and decide on it once, as one person. */
export interface DecisionLink {
  /** The single use: decisions made with links of the same id are one decision. At least 128 bits. */
  readonly id: string
  readonly tenant: string
  readonly requestId: string
  readonly revision: number
  /** Who may use it. Whoever opens a link without a recipient has to give an address and prove it by a code. */
  readonly recipient?: string
}

/** A decision that waits for the code that was sent to the one who makes it. */
export interface DecisionChallenge extends DecisionLink {
  readonly recipient: string
  readonly decision: Extract<DecisionKind, 'approve' | 'reject'>
  readonly viewHash: string
  readonly reason?: string
  /** When the code was sent, epoch milliseconds: an older code does not fit a newer question. */
  readonly at: number
}

/** The content of a token, or why it has none: it expired, or is none of ours. */
export type Opened<Content> =
  | { readonly status: 'open'; readonly content: Content }
  | { readonly status: 'expired' | 'invalid' }

export interface DecisionLinks {
  /** Seals a link until `expiresAt`, epoch milliseconds. Sealing a link twice gives two tokens with the same id. */
  seal(link: DecisionLink, expiresAt: number): Promise<string>
  open(token: string): Promise<Opened<DecisionLink>>
  sealChallenge(challenge: DecisionChallenge, expiresAt: number): Promise<string>
  openChallenge(token: string): Promise<Opened<DecisionChallenge>>
}

export interface DecisionLinksOptions {
  readonly secrets: readonly string[]
  readonly clock?: Pick<Clock, 'now'>
}

const linkSchema = z.object({
  id: z.string().min(22),
  tenant: z.string(),
  requestId: z.string(),
  revision: z.int().min(1),
  recipient: z.string().optional(),
})
const challengeSchema = linkSchema.extend({
  recipient: z.string(),
  decision: z.enum(['approve', 'reject']),
  viewHash: z.string(),
  reason: z.string().optional(),
  at: z.number(),
})
const claim = 'loop'

/**
 * Makes and opens links. A link is an encrypted JSON Web Token (RFC 7519, A256GCM): nothing of it can be read, changed
 * or guessed without the key, and no table of tokens has to be kept, so that links work after a restart and in every
 * process that has the key. `purpose` keeps a link from being used as a challenge.
 */
export function createDecisionLinks({
  secrets,
  clock = systemClock,
}: DecisionLinksOptions): DecisionLinks {
  const keys = deriveKeys(secrets, 'decision-link')

  const sealAs = (purpose: string, content: object, expiresAt: number): Promise<string> =>
    new EncryptJWT({ [claim]: content } as JWTPayload)
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid: keys[0].id })
      .setAudience(purpose)
      .setExpirationTime(Math.ceil(expiresAt / 1000))
      .encrypt(keys[0].bytes)

  async function openAs<Content>(
    purpose: string,
    schema: z.ZodType<Content>,
    token: string,
  ): Promise<Opened<Content>> {
    try {
      const { payload } = await jwtDecrypt(token, ({ kid }) => keyOf(kid), {
        audience: purpose,
        requiredClaims: ['exp'],
        keyManagementAlgorithms: ['dir'],
        contentEncryptionAlgorithms: ['A256GCM'],
        currentDate: new Date(clock.now()),
      })
      const read = schema.safeParse(payload[claim])
      return read.success ? { status: 'open', content: read.data } : { status: 'invalid' }
    } catch (error) {
      // Whatever else is wrong with a token, its bearer learns only that it is invalid.
      return { status: error instanceof errors.JWTExpired ? 'expired' : 'invalid' }
    }
  }

  function keyOf(kid: string | undefined): Uint8Array {
    const known = keys.find(({ id }) => id === kid)
    if (known) return known.bytes
    throw new errors.JWEDecryptionFailed()
  }

  return {
    seal: (link, expiresAt) => sealAs('decide', link, expiresAt),
    open: (token) => openAs<DecisionLink>('decide', linkSchema, token),
    sealChallenge: (challenge, expiresAt) => sealAs('confirm', challenge, expiresAt),
    openChallenge: (token) => openAs<DecisionChallenge>('confirm', challengeSchema, token),
  }
}

const sealed = /eyJ[\w-]+\.\.[\w-]+\.[\w-]+\.[\w-]+/g

/** For logs: the text without the decision links in it. Works on addresses, headers and whole lines. */
export function redactDecisionLinks(text: string): string {
  return text.replaceAll(sealed, '[decision link]')
}
