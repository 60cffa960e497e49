import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

import { z } from 'zod'

/** The purpose of one button or form. A token that was sealed for one purpose cannot be opened for another. */
export type Purpose = 'approve' | 'reject' | 'edit' | 'reject-form' | 'edit-form'

/** What a button stands for: the request, and the revision and view that its card showed. */
export interface CardFacts {
  readonly tenant: string
  readonly requestId: string
  readonly revision: number
  readonly viewHash: string
  /** The conversation that the card was sent to. */
  readonly channel: string
  /** For a form: the card's timestamp and who opened it. */
  readonly messageTs?: string
  readonly user?: string
}

const factsSchema = z.tuple([
  z.string(),
  z.string(),
  z.int(),
  z.string(),
  z.string(),
  z.string(),
  z.string(),
])

export interface CardTokens {
  seal(purpose: Purpose, facts: CardFacts): string
  /** The facts in a token of this purpose; null for anything else. */
  open(purpose: Purpose, token: string): CardFacts | null
}

/**
 * Makes the tokens that buttons and forms carry: the facts, encrypted and authenticated (AES-256-GCM) with a random nonce.
 * Tokens need no storage, survive a restart, and work in every process that has the key. The first key seals and all keys
 * open, so put a new key first to rotate.
 */
export function createCardTokens(keys: readonly [string, ...string[]]): CardTokens {
  const secretOf = (key: string): Buffer =>
    Buffer.from(hkdfSync('sha256', key, '', 'loop-engine/channel-slack/card/v1', 32))
  const [first, ...older] = keys
  const current = secretOf(first)
  const secrets = [current, ...older.map(secretOf)]
  return {
    seal(purpose, { tenant, requestId, revision, viewHash, channel, messageTs = '', user = '' }) {
      const nonce = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', current, nonce).setAAD(Buffer.from(purpose))
      const hash = Buffer.from(viewHash, 'hex').toString('base64url')
      const text = JSON.stringify([tenant, requestId, revision, hash, channel, messageTs, user])
      const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
      return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64url')
    },
    open(purpose, token) {
      const bytes = Buffer.from(token, 'base64url')
      for (const secret of secrets) {
        const text = decrypt(secret, purpose, bytes)
        if (text !== null) return factsOf(text)
      }
      return null
    },
  }
}

function decrypt(secret: Buffer, purpose: Purpose, bytes: Buffer): string | null {
  if (bytes.length < 28) return null
  const decipher = createDecipheriv('aes-256-gcm', secret, bytes.subarray(0, 12))
  decipher.setAAD(Buffer.from(purpose)).setAuthTag(bytes.subarray(12, 28))
  try {
    return decipher.update(bytes.subarray(28), undefined, 'utf8') + decipher.final('utf8')
  } catch {
    return null // not sealed with this key for this purpose
  }
}

function factsOf(text: string): CardFacts {
  const [tenant, requestId, revision, hash, channel, messageTs, user] = factsSchema.parse(
    JSON.parse(text),
  )
  return {
    tenant,
    requestId,
    revision,
    viewHash: Buffer.from(hash, 'base64url').toString('hex'),
    channel,
    ...(messageTs && { messageTs }),
    ...(user && { user }),
  }
}
