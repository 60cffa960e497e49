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

/** A revision as it was shown, on which a person decides. */
export interface ShownRevision extends Revision {
  readonly viewHash: string
}

/** The request and revision that an alert is about. */
export interface IncidentReference extends ShownRevision {
  /** Whether approving needs the page. A note may always reject. */
  readonly needsPage: boolean
}

export interface IncidentReferences {
  /** Seals a reference into a token of a few hundred characters, which is sent with the alert and read back from it. */
  seal(reference: IncidentReference): string
  /** The references in the alerts of an incident. Other and forged alerts have none. */
  find(alerts: readonly Alert[]): readonly IncidentReference[]
}

const mark = 'loopref1_'
// Found in the alert as text, because integrations return the details in different forms.
const inText = /loopref1_[\w-]{40,2000}/g
const associated = Buffer.from('pagerduty alert')
// Alerts of older versions do not say whether they need the page, so a note can approve them.
const contentSchema = z.tuple([
  z.string(),
  z.string(),
  z.int().min(1),
  z.string(),
  z.boolean().default(false),
])

/** The key by which PagerDuty recognises the alert of one revision. It does not depend on the secrets. */
export function dedupKeyOf({ tenant, requestId, revision }: Revision): string {
  return `loop-engine-${sha256Hex(canonicalize([tenant, requestId, revision]))}`
}

/**
 * Makes references that are encrypted and authenticated (AES-256-GCM), so that nobody can forge an alert. The first secret
 * seals, and all of them open.
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
        // Evidence may quote the reference of another alert. A reference counts only in the alert that it was made for.
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
