import type { EvidenceRules } from './evidence.ts'
import type { Kernel } from './kernel.ts'

/** How this system takes evidence in. */
export function rulesOf({ limits, redaction, ids }: Kernel): EvidenceRules {
  return { bytes: limits.evidenceBytes, depth: limits.evidenceDepth, redaction, salt: ids.salt }
}
