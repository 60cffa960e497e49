import { hashEntry, saltedDigest, type StoredEntry } from '@loop-engine/core'

import type { Finding } from './fault.ts'

/** Where an entry has to stand. */
export interface Place {
  readonly runId: string
  /** Its predecessor, or version 0 and the genesis hash. */
  readonly version: number
  readonly head: string
}

/**
 * Checks one entry without parsing it: that the bytes hash to the hash, and that they name predecessor, run and number.
 * The body is canonical, so each of these has one spelling.
 */
export function linkFault(
  { body, seq, hash, runId }: Pick<StoredEntry, 'body' | 'seq' | 'hash' | 'runId'>,
  tail: number,
  place: Place,
): Finding | null {
  if (seq !== place.version + 1)
    return {
      fault: 'bad_sequence',
      message: `Entry ${seq} stands where ${place.version + 1} belongs.`,
    }
  if (hashEntry(body) !== hash)
    return { fault: 'hash_mismatch', message: 'The bytes are not those that were hashed.' }
  if (!body.startsWith(`"prevHash":"${place.head}"`, tail))
    return { fault: 'broken_link', message: 'The entry does not follow the one before it.' }
  if (
    !body.includes(`"runId":${quote(place.runId)},"seq":${seq},`, tail) ||
    runId !== place.runId
  ) {
    return { fault: 'wrong_run', message: 'The entry belongs to another place or another run.' }
  }
  return null
}

/** Checks that what a store keeps beside a body is what the body says. */
export function besideFault(stored: StoredEntry, tail: number): Finding | null {
  if (!columnsFit(stored, tail))
    return {
      fault: 'hash_mismatch',
      message: 'What the store keeps beside the entry is not what the entry says.',
    }
  return evidenceFits(stored)
    ? null
    : { fault: 'evidence_mismatch', message: 'The evidence is not what the entry names.' }
}

const tailMark = '"prevHash":"'
// Entries of a run are much alike: the tail begins about as far from the end as the one before it did.
const slack = 48

/** From here on a body has only plain top-level fields: `prevHash`, `reason`, … `type`, `v`, in this order. */
export function tailOf(body: string, expectedLength = 512): number {
  // The last one is meant; looking forward from near the end is many times faster than `lastIndexOf`.
  const found = body.indexOf(tailMark, body.length - expectedLength - slack)
  const onlyOne = found !== -1 && !body.includes(tailMark, found + tailMark.length)
  return onlyOne ? found : Math.max(body.lastIndexOf(tailMark), 0)
}

/** The value of a plain top-level field that sorts after `prevHash`; null when it is absent. */
export function tailField(
  body: string,
  name: 'type' | 'toState' | 'status' | 'transitionId',
): string | null {
  const mark = `"${name}":"`
  const from = body.indexOf(mark, tailOf(body))
  if (from === -1) return null
  const to = body.indexOf('"', from + mark.length)
  const value = body.slice(from + mark.length, to)
  return value.includes('\\')
    ? (JSON.parse(
        body.slice(from + mark.length - 1, endOfString(body, from + mark.length)),
      ) as string)
    : value
}

function columnsFit({ body, type, transitionId, at }: StoredEntry, tail: number): boolean {
  if (!body.includes(`,"at":${at},`)) return false
  if (transitionId !== null)
    return body.endsWith(`,"transitionId":${quote(transitionId)},"type":"${type}","v":1}`)
  return body.endsWith(`,"type":"${type}","v":1}`) && !body.includes('"transitionId":', tail)
}

/** Whether evidence and salt have the digest that the body names. */
export function evidenceFits({
  body,
  evidence,
  salt,
}: Pick<StoredEntry, 'body' | 'evidence' | 'salt'>): boolean {
  if (evidence === null) return salt === null
  return (
    salt !== null &&
    body.includes(
      `,"evidence":{"bytes":${Buffer.byteLength(evidence)},"digest":"${saltedDigest(salt, evidence)}"},`,
    )
  )
}

const plain = /^[\w$.:/-]*$/

function quote(text: string): string {
  return plain.test(text) ? `"${text}"` : JSON.stringify(text)
}

function endOfString(text: string, start: number): number {
  let index = start
  while (index < text.length && text[index] !== '"') index += text[index] === '\\' ? 2 : 1
  return index + 1
}
