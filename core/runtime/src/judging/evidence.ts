import {
  canonicalize,
  evidenceDigest,
  isRecord,
  LoopError,
  snapshot,
  tooLargeError,
  type JsonObject,
  type SealedEvidence,
} from '@loop-engine/core'

import { redact, type Redaction } from './redaction.ts'

/** Evidence as it will be judged and recorded: frozen, redacted, canonical, salted. */
export interface Evidence {
  readonly value: JsonObject
  readonly sealed: SealedEvidence | null
  readonly digest: { readonly digest: string; readonly bytes: number } | undefined
  /** What a repeated command is compared by: the same whenever it is taken in, as a redacted value with its salt is not. */
  readonly comparable: () => JsonObject
}

const nothing: JsonObject = Object.freeze({})
export const noEvidence: Evidence = Object.freeze({
  value: nothing,
  sealed: null,
  digest: undefined,
  comparable: () => nothing,
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
  if (!isRecord(input)) {
    throw new LoopError('invalid_input', 'Evidence must be a JSON object.', { path: '/evidence' })
  }
  const copy = snapshot(input, { maxBytes: rules.bytes, maxDepth: rules.depth }) as JsonObject
  const salt = rules.salt()
  const { redaction } = rules
  if (!redaction) return bounded(sealed(copy, salt), rules)
  const value = snapshot(redact(copy, redaction, salt)) as JsonObject
  const taken = bounded(sealed(value, salt), rules)
  return { ...taken, comparable: () => redact(copy, redaction, null) }
}

/** While it is copied only characters are counted: this is what will be recorded. */
function bounded(evidence: Evidence, { bytes }: EvidenceRules): Evidence {
  if ((evidence.digest?.bytes ?? 0) > bytes) throw tooLargeError(evidence.value, bytes)
  return evidence
}

/** What a repeated command is compared by, of what is taken in only when it stands. */
export function comparableOf(
  input: object | undefined,
  redaction: Redaction | undefined,
): JsonObject | null {
  if (input === undefined) return null
  const copy = snapshot(input) as JsonObject
  return redaction ? redact(copy, redaction, null) : copy
}

/** Evidence that was taken in before and comes back from a record. */
export function knownEvidence(value: JsonObject, salt: string): Evidence {
  return sealed(snapshot(value) as JsonObject, salt)
}

function sealed(value: JsonObject, salt: string): Evidence {
  const seal = { text: canonicalize(value), salt }
  return { value, sealed: seal, digest: evidenceDigest(seal), comparable: () => value }
}
