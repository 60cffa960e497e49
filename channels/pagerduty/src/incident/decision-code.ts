import { createOneTimeCodes } from '@loop-engine/core/decision-page'

import type { ShownRevision } from './incident-reference.ts'

/** Codes that people type into a note. They are made of a key and of what they decide, so that none is stored. */
export interface DecisionCodes {
  /** Such as `7Q2M-XK4D`: the same for the same revision of a request, and only for that. */
  codeFor(shown: ShownRevision): string
  /** In constant time. Case and dashes do not matter, nor O for 0 and I or L for 1. */
  matches(typed: string, shown: ShownRevision): boolean
}

/** The first secret makes codes, all of them are accepted. */
export function createDecisionCodes(secrets: readonly [string, ...string[]]): DecisionCodes {
  const codes = createOneTimeCodes({ secrets, purpose: 'pagerduty-note' })
  const contentOf = ({ tenant, requestId, revision, viewHash }: ShownRevision) =>
    [tenant, requestId, revision, viewHash] as const
  return {
    codeFor: (shown) => codes.codeFor(contentOf(shown)),
    matches: (typed, shown) => codes.matches(typed, contentOf(shown)),
  }
}
