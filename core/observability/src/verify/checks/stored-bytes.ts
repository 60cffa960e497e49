import {
  hashEntry,
  saltedDigest,
  type LedgerEntry,
  type LoopInstance,
  type StoredEntry,
} from '@loop-engine/core'

import { holdsNumber, holdsPlain, holdsText, type EntryTail } from './entry-tail.ts'
import { finding, type Finding } from './fault.ts'

/** The place at which an entry must stand. */
interface Place {
  readonly runId: string
  /** Its predecessor, or version 0 and the genesis hash. */
  readonly version: number
  readonly head: string
}

/**
 * Checks one entry without parsing it: that the bytes have this hash, and name the predecessor, the run and the number. The
 * body is canonical, so each of these has only one spelling.
 */
export function linkFault(
  { body, seq, hash, runId }: Pick<StoredEntry, 'body' | 'seq' | 'hash' | 'runId'>,
  tail: EntryTail | null,
  place: Place,
): Finding | null {
  if (seq !== place.version + 1)
    return finding('bad_sequence', `Entry ${seq} stands where ${place.version + 1} belongs.`)
  if (hashEntry(body) !== hash)
    return finding('hash_mismatch', 'The bytes are not those that were hashed.')
  if (tail === null || !holdsPlain(body, tail.prevHash, place.head))
    return finding('broken_link', 'The entry does not follow the one before it.')
  const isHere = holdsText(body, tail.runId, place.runId) && holdsNumber(body, tail.seq, seq)
  if (!isHere || runId !== place.runId) {
    return finding('wrong_run', 'The entry belongs to another place or another run.')
  }
  return null
}

/** The tenant, loop and business key of a run. */
export type Names = Pick<LoopInstance, 'tenant' | 'loopId' | 'aggregateId'>

/** Checks that an entry is of the run that it is said to be of. */
export function namesFault(
  body: string,
  tail: EntryTail,
  { tenant, loopId, aggregateId }: Names,
): Finding | null {
  // Only the actor stands before `aggregateId`, and only texts follow `loopId`, so nested data cannot be mistaken for them.
  const [aggregate, loop] = ['"aggregateId":"', '"loopId":"']
  const fits =
    holdsText(body, tail.tenant, tenant) &&
    holdsText(body, body.indexOf(aggregate) + aggregate.length, aggregateId) &&
    holdsText(body, body.lastIndexOf(loop) + loop.length, loopId)
  if (fits) return null
  return finding(
    'wrong_run',
    'The run is said to be of another tenant, loop or key than its record says.',
  )
}

/** Checks that what a store keeps beside a body is what the body says. */
export function besideFault(stored: StoredEntry, tail: EntryTail): Finding | null {
  if (!columnsFit(stored, tail))
    return finding(
      'hash_mismatch',
      'What the store keeps beside the entry is not what the entry says.',
    )
  return evidenceFits(stored)
    ? null
    : finding('evidence_mismatch', 'The evidence is not what the entry names.')
}

function columnsFit({ body, type, transitionId, at }: StoredEntry, tail: EntryTail): boolean {
  // The entry's own time comes before its data, which may hold another.
  const time = ',"at":'
  if (!body.startsWith(`${time}${at},`, body.indexOf(time))) return false
  if (!holdsPlain(body, tail.type, type)) return false
  if (transitionId === null) return tail.transitionId === -1
  return tail.transitionId !== -1 && holdsText(body, tail.transitionId, transitionId)
}

/** Whether evidence and salt have the digest that the body names. */
export function evidenceFits({
  body,
  evidence,
  salt,
}: Pick<StoredEntry, 'body' | 'evidence' | 'salt'>): boolean {
  if (evidence === null || salt === null) return evidence === salt
  const digest = saltedDigest(salt, evidence)
  const bytes = Buffer.byteLength(evidence)
  return (
    body.includes(`,"evidence":{"bytes":${bytes},"digest":"${digest}"},`) &&
    (!body.includes('"data":{') || names(body, digest))
  )
}

/** Whether the entry itself names the digest, and not data in it that looks the same. */
function names(body: string, digest: string): boolean {
  try {
    const { evidence } = JSON.parse(body) as Partial<LedgerEntry>
    return evidence?.digest === digest
  } catch {
    return false
  }
}
