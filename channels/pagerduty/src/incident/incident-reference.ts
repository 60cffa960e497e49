import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

import { sha256Hex, canonicalize } from '@loop-engine/core'
import { z } from 'zod'

import type { Alert } from '../api/pagerduty-calls.ts'

/** One revision of one request. */
export interface Revision {
  readonly tenant: string
  readonly requestId: string
  readonly revision: number
}

/** A revision as it was shown: what a person decides. */
export interface ShownRevision extends Revision {
  readonly viewHash: string
}

/** What an alert of ours is about. */
export interface IncidentReference extends ShownRevision {
  /** Whether a note does not approve; it may always reject. */
  readonly needsPage: boolean
}

export interface IncidentReferences {
  /** Opaque, at most a few hundred characters; sent with the alert and read back from it. */
  seal(reference: IncidentReference): string
  /** Which requests the alerts of an incident are about. Alerts of others, and forged ones, are about none. */
  find(alerts: readonly Alert[]): readonly IncidentReference[]
}

const mark = 'loopref1_'
// Its shape: found in whatever form the integration gives the details back, text included.
const inText = /loopref1_[\w-]{40,2000}/g
const associated = Buffer.from('pagerduty alert')
// Alerts of older versions do not say whether they need the page: a note approves them.
const contentSchema = z.tuple([
  z.string(),
  z.string(),
  z.int().min(1),
  z.string(),
  z.boolean().default(false),
])

/** One alert for each revision of a request: sending it again changes nothing. The same under every secret. */
export function dedupKeyOf({ tenant, requestId, revision }: Revision): string {
  return `loop-engine-${sha256Hex(canonicalize([tenant, requestId, revision]))}`
}

/**
 * References are encrypted and authenticated (AES-256-GCM), so an alert that somebody else made up stands for nothing.
 * The first secret seals, all of them open.
 */
export function createIncidentReferences(
  secrets: readonly [string, ...string[]],
): IncidentReferences {
  const keyOf = (secret: string): Buffer =>
    Buffer.from(hkdfSync('sha256', secret, '', 'loop-engine/channel-pagerduty/reference/v1', 32))
  const keys = secrets.map(keyOf)
  const current = keyOf(secrets[0])

  function open(token: string): IncidentReference | null {
    const bytes = Buffer.from(token.slice(mark.length), 'base64url')
    for (const key of keys) {
      const text = decrypt(key, bytes)
      if (text === null) continue
      const content = contentSchema.parse(JSON.parse(text))
      const [tenant, requestId, revision, viewHash, needsPage] = content
      return { tenant, requestId, revision, viewHash, needsPage }
    }
    return null
  }

  return {
    seal({ tenant, requestId, revision, viewHash, needsPage }) {
      const nonce = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', current, nonce).setAAD(associated)
      const text = JSON.stringify([tenant, requestId, revision, viewHash, needsPage])
      const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
      return mark + Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64url')
    },
    find(alerts) {
      const found = alerts.flatMap(({ key, body }) => {
        const tokens = (JSON.stringify(body) ?? '').match(inText) ?? []
        // Evidence may quote the reference of another alert; only the alert that it was made for counts.
        const reference = tokens.map(open).find((known) => known && dedupKeyOf(known) === key)
        return reference ? [[key, reference] as const] : []
      })
      return [...new Map(found).values()]
    },
  }
}

function decrypt(key: Buffer, bytes: Buffer): string | null {
  if (bytes.length < 28) return null
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12))
  decipher.setAAD(associated).setAuthTag(bytes.subarray(12, 28))
  try {
    return decipher.update(bytes.subarray(28), undefined, 'utf8') + decipher.final('utf8')
  } catch {
    return null // not sealed with this key
  }
}
