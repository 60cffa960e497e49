import { createOneTimeCodes } from '@loop-engine/core/decision-page'

import type { ShownRevision } from './incident-reference.ts'

/** Codes that people type into a note. A code is derived from a key and from what it decides, so that none is stored. */
export interface DecisionCodes {
  /** A code such as `7Q2M-XK4D`, always the same for one revision of a request, and different for any other. */
  codeFor(shown: ShownRevision): string
  /** Compares in constant time. Ignores case and dashes, and reads O as 0, and I and L as 1. */
  matches(typed: string, shown: ShownRevision): boolean
}

/** The first secret makes codes, and codes of all secrets are accepted. */
export function createDecisionCodes(secrets: readonly [string, ...string[]]): DecisionCodes {
  const codes = createOneTimeCodes({ secrets, purpose: 'pagerduty-note' })
  const contentOf = ({ tenant, requestId, revision, viewHash }: ShownRevision) =>
    [tenant, requestId, revision, viewHash] as const
  return {
    codeFor: (shown) => codes.codeFor(contentOf(shown)),
    matches: (typed, shown) => codes.matches(typed, contentOf(shown)),
  }
}
