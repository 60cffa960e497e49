import {
  canonicalize,
  checkLink,
  genesisHash,
  saltedDigest,
  sha256Hex,
  parseJson,
} from '@loop-engine/core'

import type { Checker } from './world.ts'

/** 27. Every record has the hash of its content and links to its predecessor; the head of the run is the last hash. */
export const chain: Checker = function* ({ runs }) {
  for (const { instance, entries } of runs) {
    let previous = { version: 0, head: genesisHash }
    for (const { stored, at } of entries) {
      const fault = checkLink(stored, previous)
      if (fault) yield { message: fault.fault, ...at }
      previous = { version: stored.seq, head: stored.hash }
    }
    if (previous.head !== instance.head)
      yield { message: 'truncated', runId: instance.runId, seq: previous.version }
  }
}

/** 28. Each record is in the log once, and no size was signed with two roots. */
export const log: Checker = function* ({ leaves, signed = [], records }) {
  const bodies = new Map<string, string>(
    records.map(({ stored }) => [`${stored.runId}:${stored.seq}`, stored.body] as const),
  )
  for (const tenantLeaves of leaves.values()) {
    const seen = new Set<string>()
    for (const { runId, seq, leafHash } of tenantLeaves) {
      const id = `${runId}:${seq}`
      if (seen.has(id)) yield { message: 'a record is in the log twice', runId, seq }
      seen.add(id)
      const body = bodies.get(id)
      if (body !== undefined && sha256Hex(`\0${body}`) !== leafHash)
        yield { message: 'a leaf is not the hash of its record', runId, seq }
    }
  }
  const roots = new Map<number, string>()
  for (const { size, root } of signed) {
    if ((roots.get(size) ?? root) !== root)
      yield { message: `two roots were signed for size ${size}` }
    roots.set(size, root)
  }
}

/** 29. The stored bytes are canonical and well-formed, and they are the bytes that were hashed. */
export const canonicalBytes: Checker = function* ({ records }) {
  for (const { stored, entry, at } of records) {
    if (!stored.body.isWellFormed() || canonicalize(entry) !== stored.body)
      yield { message: 'a stored record is not canonical', ...at }
    if (stored.evidence !== null && canonicalize(parseJson(stored.evidence)) !== stored.evidence)
      yield { message: 'stored evidence is not canonical', ...at }
    if (
      stored.evidence !== null &&
      stored.salt !== null &&
      entry.evidence &&
      saltedDigest(stored.salt, stored.evidence) !== entry.evidence.digest
    ) {
      yield { message: 'stored evidence is not what the record names', ...at }
    }
  }
}

/** 30. After an erasure the evidence is gone everywhere, and the record still stands. */
export const erasable: Checker = function* ({ runs }) {
  for (const { instance, entries, approvals } of runs) {
    for (const { entry } of entries) {
      if (entry.type !== 'loop.evidence.erased') continue
      const seq = Number(entry.data?.['seq'])
      const target = entries.find(({ stored }) => stored.seq === seq)
      const at = { runId: instance.runId, seq }
      if (target?.stored.evidence !== null || target.stored.salt !== null)
        yield { message: 'erased evidence is still stored', ...at }
      // The evidence of a later edit, and a reviewer's response, were not erased with it.
      const request = approvals.find(({ id }) => id === target?.entry.approval?.id)
      if (
        request?.evidence &&
        saltedDigest(request.salt, canonicalize(request.evidence)) ===
          target?.entry.evidence?.digest
      )
        yield { message: 'an approval request still holds erased evidence', ...at }
    }
  }
}

/** 31. Nothing was signed by a key after its end. */
export const keysValid: Checker = function* ({ signed = [], keys = [] }) {
  for (const { key, at, size } of signed) {
    const known = keys.find((candidate) => candidate.key === key)
    if (!known || at >= (known.notAfter ?? Infinity))
      yield { message: `size ${size} was signed by a key that was not valid` }
  }
}

/** 36. A store that is older than a checkpoint kept outside of it is recognised, and reported when a program starts. */
export const notRestored: Checker = function* ({ remembered, leaves, starts = [] }) {
  if (remembered && (leaves.get(remembered.tenant) ?? []).length < remembered.size)
    yield { message: 'the log is shorter than a checkpoint that was signed' }
  for (const { isBackup, isReported } of starts) {
    if (isBackup && !isReported) yield { message: 'a program started on a backup without a word' }
    if (!isBackup && isReported) yield { message: 'a store that was not set back was reported' }
  }
}
