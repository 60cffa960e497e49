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

import type { Kernel } from '../kernel.ts'
import { redact, type Redaction } from './redaction.ts'

/** Evidence as it will be judged and recorded: frozen, redacted, canonical, salted. */
export interface Evidence {
  readonly value: JsonObject
  readonly sealed: SealedEvidence | null
  readonly digest: { readonly digest: string; readonly bytes: number } | undefined
  /** What repeated commands are compared by. It is the same each time, unlike a redacted value, which has a fresh salt. */
  readonly comparable: () => JsonObject
}

const nothing: JsonObject = Object.freeze({})
export const noEvidence: Evidence = Object.freeze({
  value: nothing,
  sealed: null,
  digest: undefined,
  comparable: () => nothing,
})

/** Takes in the evidence of a request. Throws `invalid_json` or `too_large` with the path of what cannot be recorded. */
export function evidenceOf({ limits, redaction, ids }: Kernel, input: unknown): Evidence {
  if (input === undefined) return noEvidence
  if (!isRecord(input)) {
    throw new LoopError('invalid_input', 'Evidence must be a JSON object.', { path: '/evidence' })
  }
  const { maxEvidenceBytes: maxBytes, maxEvidenceDepth: maxDepth } = limits
  const copy = snapshot(input, { maxBytes, maxDepth }) as JsonObject
  const salt = ids.salt()
  if (!redaction) return bounded(sealed(copy, salt), maxBytes)
  const value = snapshot(redact(copy, redaction, salt)) as JsonObject
  const taken = bounded(sealed(value, salt), maxBytes)
  return { ...taken, comparable: () => redact(copy, redaction, null) }
}

/** Copying counts characters only; this counts the bytes that will be recorded. */
function bounded(evidence: Evidence, maxBytes: number): Evidence {
  if ((evidence.digest?.bytes ?? 0) > maxBytes) throw tooLargeError(evidence.value, maxBytes)
  return evidence
}

/** The same for input that is compared before it is taken in. */
export function comparableOf(
  input: object | undefined,
  redaction: Redaction | undefined,
): JsonObject | null {
  if (input === undefined) return null
  const copy = snapshot(input) as JsonObject
  return redaction ? redact(copy, redaction, null) : copy
}

/** Evidence that was taken in before, and comes back from the record with its salt. */
export function knownEvidence(value: JsonObject, salt: string): Evidence {
  return sealed(snapshot(value) as JsonObject, salt)
}

function sealed(value: JsonObject, salt: string): Evidence {
  const seal = { text: canonicalize(value), salt }
  return { value, sealed: seal, digest: evidenceDigest(seal), comparable: () => value }
}
