import {
  genesisHash,
  sealEntry,
  type EntryDraft,
  type SealedEvidence,
  type StoredEntry,
} from '@loop-engine/core'

/** The entry of a run that follows `version` others; a test gives the fields that it is about. */
export function storedEntry(
  draft: Partial<EntryDraft> = {},
  version = 0,
  evidence: SealedEvidence | null = null,
): StoredEntry {
  const whole: EntryDraft = {
    tenant: 'acme',
    loopId: 'refund',
    aggregateId: 'order-1',
    runId: 'run-1',
    type: 'loop.transition.executed',
    at: 1_750_000_000_000,
    durability: 'memory',
    definition: 'd'.repeat(64),
    actor: { type: 'human', id: 'alice' },
    ...draft,
  }
  return sealEntry(whole, { version, head: genesisHash }, evidence)
}
