import { LoopError } from '../errors.ts'
import { saltedDigest, sha256Hex } from '../json/digest.ts'
import { isRecord } from '../json/is-record.ts'
import type { JsonObject } from '../json/json.ts'
import { parseJson } from '../json/parse-json.ts'
import { entryText } from './entry-text.ts'
import type { EntryDraft, LedgerEntry, StoredEntry } from './entry.ts'

const domain = 'loop-engine/entry/v1\n'
export const genesisHash = '0'.repeat(64)
const prevHashKey = '"prevHash":"'

/** `SHA-256("loop-engine/entry/v1\n" ‖ body)`, lowercase hex. */
export function hashEntry(body: string): string {
  return sha256Hex(domain + body)
}

/** Canonical evidence and its salt, as they lie beside an entry. */
export interface SealedEvidence {
  readonly text: string
  readonly salt: string
}

/** Chains a draft to its predecessor: the only place where an entry gets its number and its hash. */
export function sealEntry(
  draft: EntryDraft,
  previous: { readonly version: number; readonly head: string },
  evidence: SealedEvidence | null,
): StoredEntry {
  const seq = previous.version + 1
  const text = domain + entryText(draft, seq, previous.head)
  // Hashing flattens the text, so the body shares its memory.
  const hash = sha256Hex(text)
  const body = text.slice(domain.length)
  return {
    runId: draft.runId,
    seq,
    type: draft.type,
    transitionId: draft.transitionId ?? null,
    at: draft.at,
    hash,
    body,
    evidence: evidence === null ? null : evidence.text,
    salt: evidence === null ? null : evidence.salt,
  }
}

/** The recorded form of evidence: a digest that can outlive it. */
export function evidenceDigest({ text, salt }: SealedEvidence): { digest: string; bytes: number } {
  return { digest: saltedDigest(salt, text), bytes: Buffer.byteLength(text) }
}

/** Reads an entry. Throws `corrupt` if its body is no JSON, or of another entry; `verifyStore` checks the whole entry. */
export function openEntry(stored: StoredEntry): LedgerEntry {
  const entry = parsed(stored, stored.body) as Partial<LedgerEntry> | null
  const isHere = entry?.runId === stored.runId && entry.seq === stored.seq
  if (isHere && typeof entry.actor?.id === 'string') return entry as LedgerEntry
  throw changed(stored, 'does not say what belongs in its place')
}

function parsed(stored: StoredEntry, text: string): unknown {
  try {
    return parseJson(text)
  } catch (cause) {
    throw changed(stored, 'holds what is not JSON', cause)
  }
}

function changed({ runId, seq }: StoredEntry, what: string, cause?: unknown): LoopError {
  return new LoopError('corrupt', `Entry ${seq} of run ${runId} was changed: it ${what}.`, {
    details: { runId, seq },
    hint: 'Run verify to find the first bad one, then restore the store from a backup.',
    cause,
  })
}

/**
 * The evidence that was attached to an entry; null if there was none, or it was erased. Throws `corrupt` if it is no JSON
 * object; only `verifyStore` checks that it is the evidence that the entry names.
 */
export function openEvidence(stored: StoredEntry): JsonObject | null {
  if (stored.evidence === null) return null
  const evidence = parsed(stored, stored.evidence)
  if (isRecord(evidence)) return evidence as JsonObject
  throw changed(stored, 'comes with evidence that is none')
}

/** The hash of the entry before, as the body of an entry names it; read without parsing. */
export function prevHashOf(body: string): string {
  const from = body.lastIndexOf(prevHashKey) + prevHashKey.length
  return body.slice(from, from + genesisHash.length)
}

/** Why an entry does not verify. */
export interface ChainFault {
  readonly runId: string
  readonly seq: number
  readonly fault:
    | 'hash_mismatch'
    | 'broken_link'
    | 'bad_sequence'
    | 'evidence_mismatch'
    | 'not_canonical'
    | 'wrong_run'
    | 'time_went_back'
    | 'illegal'
    | 'fold_mismatch'
    | 'truncated'
    | 'missing_definition'
}

/** Checks one entry against its predecessor; null when it holds. Cheap: re-hashes, never re-serialises. */
export function checkLink(
  stored: StoredEntry,
  previous: { readonly version: number; readonly head: string },
): ChainFault | null {
  const fault = (name: ChainFault['fault']): ChainFault => ({
    runId: stored.runId,
    seq: stored.seq,
    fault: name,
  })
  if (stored.seq !== previous.version + 1) return fault('bad_sequence')
  if (hashEntry(stored.body) !== stored.hash) return fault('hash_mismatch')
  if (!says(stored.body, prevHashKey, `${previous.head}"`)) return fault('broken_link')
  if (!says(stored.body, '"seq":', `${stored.seq},`)) return fault('bad_sequence')
  if (!says(stored.body, '"runId":', `${JSON.stringify(stored.runId)},`)) return fault('wrong_run')
  return null
}

// Canonical keys are sorted, and after `prevHash` an entry has only plain fields. So the last occurrence of a key is the
// entry's own, even if nested data has the same key.
function says(body: string, key: string, value: string): boolean {
  const at = body.lastIndexOf(key)
  return at !== -1 && body.startsWith(value, at + key.length)
}
