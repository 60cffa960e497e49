import {
  canonicalize,
  evidenceDigest,
  snapshot,
  LoopError,
  type JsonObject,
  type SealedEvidence,
} from '@loop-engine/core'

import { redact, type Redaction } from './redaction.ts'

/** Evidence as it will be judged and recorded: frozen, redacted, canonical, salted. */
export interface Evidence {
  readonly value: JsonObject
  readonly sealed: SealedEvidence | null
  readonly digest: { readonly digest: string; readonly bytes: number } | undefined
}

export const noEvidence: Evidence = Object.freeze({
  value: Object.freeze({}),
  sealed: null,
  digest: undefined,
})

export interface EvidenceRules {
  readonly bytes: number
  readonly depth: number
  readonly redaction: Redaction | undefined
  readonly salt: () => string
}

/** Takes evidence in. Throws `invalid_json` or `too_large` with the path of what cannot be recorded. */
export function takeEvidence(input: unknown, rules: EvidenceRules): Evidence {
  if (input === undefined) return noEvidence
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw new LoopError('invalid_input', 'Evidence must be a JSON object.', { path: '/evidence' })
  }
  const copy = snapshot(input, { maxBytes: rules.bytes, maxDepth: rules.depth }) as JsonObject
  const salt = rules.salt()
  const value = rules.redaction
    ? (snapshot(redact(copy, rules.redaction, salt)) as JsonObject)
    : copy
  return sealed(value, salt)
}

/** Evidence that was taken in before and comes back from a record. */
export function knownEvidence(value: JsonObject, salt: string): Evidence {
  return sealed(snapshot(value) as JsonObject, salt)
}

function sealed(value: JsonObject, salt: string): Evidence {
  const seal = { text: canonicalize(value), salt }
  return { value, sealed: seal, digest: evidenceDigest(seal) }
}
