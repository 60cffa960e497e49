import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'

import { canonicalize } from '@loop-engine/core'

import type { IncidentReference } from './incident-reference.ts'

/** Codes that people type into a note. They are made of a key and of what they decide, so that none is stored. */
export interface DecisionCodes {
  /** Such as `7Q2M-XK4D`: the same for the same revision of a request, and only for that. */
  codeFor(reference: IncidentReference): string
  /** In constant time. Case and dashes do not matter, nor O for 0 and I or L for 1. */
  matches(typed: string, reference: IncidentReference): boolean
}

// Crockford's alphabet: no two of its characters are mistaken for each other.
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
/** 40 bits. */
const length = 8
const purpose = 'decide-by-note'

/** The first secret makes codes, all of them are accepted. */
export function createDecisionCodes(secrets: readonly [string, ...string[]]): DecisionCodes {
  const keyOf = (secret: string): Uint8Array =>
    new Uint8Array(hkdfSync('sha256', secret, '', 'loop-engine/channel-pagerduty/code/v1', 32))
  const keys = secrets.map(keyOf)
  const current = keyOf(secrets[0])

  function plain(
    key: Uint8Array,
    { tenant, requestId, revision, viewHash }: IncidentReference,
  ): string {
    const content = canonicalize([purpose, tenant, requestId, revision, viewHash])
    const bytes = createHmac('sha256', key).update(content).digest().subarray(0, length)
    // 256 is a multiple of 32: every character is as likely as any other.
    return [...bytes].map((byte) => alphabet[byte % alphabet.length]).join('')
  }

  return {
    codeFor(reference) {
      const code = plain(current, reference)
      return `${code.slice(0, 4)}-${code.slice(4)}`
    },
    matches(typed, reference) {
      const given = Buffer.from(normalise(typed))
      return keys
        .map((key) => Buffer.from(plain(key, reference)))
        .map((right) => given.length === right.length && timingSafeEqual(given, right))
        .includes(true)
    },
  }
}

function normalise(typed: string): string {
  return typed
    .toUpperCase()
    .replaceAll(/[^0-9A-Z]/g, '')
    .replaceAll('O', '0')
    .replaceAll(/[IL]/g, '1')
}
