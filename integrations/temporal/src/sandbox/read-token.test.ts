import { generateKeyPairSync } from 'node:crypto'

import { createDecisionSigner, verifyDecisionToken, type SignedDecision } from '@loop-engine/core'
import { describe, expect, test } from 'vitest'

import { readToken, type TokenTrust } from './read-token.ts'

const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const other = generateKeyPairSync('ed25519')
const at = Date.UTC(2026, 0, 5)
const issuer = 'https://loops.test'
const audience = 'temporal:tests'
const trust: TokenTrust = {
  issuer,
  audience,
  keys: [{ keyId: 'k1', x: publicKey.export({ format: 'jwk' }).x ?? '' }],
}
const decision: SignedDecision = {
  tenant: 'default',
  requestId: 'request-1',
  revision: 1,
  runId: 'run-1',
  aggregateId: 'gate/1',
  transitionId: 'pass',
  actionDigest: 'a'.repeat(64),
  viewHash: 'b'.repeat(64),
  status: 'approved',
  decision: 'approve',
  reviewer: { type: 'human', id: 'älice' },
  decidedAt: at,
}
const sign = createDecisionSigner({ issuer, keyId: 'k1', privateKey, clock: { now: () => at } })

/** The result of the core for the same token at the same moment. */
async function core(token: string, now: number): Promise<string> {
  return verifyDecisionToken(token, {
    issuer,
    audience,
    keys: [{ keyId: 'k1', publicKey }],
    clock: { now: () => now },
  }).then(
    ({ status }) => status,
    (error: { details?: { reason?: string } }) => String(error.details?.reason),
  )
}

function sandbox(token: unknown, now: number): string {
  try {
    return readToken(token, trust, now).status
  } catch (error) {
    return String((error as { details?: { reason?: string }[] }).details?.[0]?.reason)
  }
}

const [header = '', payload = '', signature = ''] = (await sign(decision, audience)).split('.')
const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object
const otherSigner = createDecisionSigner({
  issuer,
  keyId: 'k1',
  privateKey: other.privateKey,
  clock: { now: () => at },
})

const byOther = await otherSigner(decision, audience)
const forAnother = await sign(decision, 'another')

describe('a decision token read without Node', () => {
  test.each([
    ['genuine', [header, payload, signature].join('.'), at, 'approved'],
    ['of another key', byOther, at, 'bad_signature'],
    [
      'changed',
      [header, encode({ ...claims, exp: 9e9 }), signature].join('.'),
      at,
      'bad_signature',
    ],
    ['for somebody else', forAnother, at, 'not_for_here'],
    ['too old', [header, payload, signature].join('.'), at + 3_606_000, 'expired'],
    ['just in time', [header, payload, signature].join('.'), at + 3_604_000, 'approved'],
    ['without an algorithm', [encode({ alg: 'none' }), payload, ''].join('.'), at, 'malformed'],
    ['cut off', [header, payload].join('.'), at, 'malformed'],
    ['of no kind', 'x', at, 'malformed'],
  ] as const)('that is %s is judged as the core judges it', async (_, token, now, verdict) => {
    expect(sandbox(token, now)).toBe(verdict)
    expect(await core(token, now)).toBe(verdict)
  })

  test('is refused if the key is malformed or its id is unknown', () => {
    const token = [header, payload, signature].join('.')
    const withKey = (keyId: string, x: string): string => {
      try {
        return readToken(token, { ...trust, keys: [{ keyId, x }] }, at).status
      } catch (error) {
        return String((error as { details?: { reason?: string }[] }).details?.[0]?.reason)
      }
    }
    expect(withKey('k1', 'AAAA')).toBe('bad_signature')
    expect(withKey('k2', trust.keys[0]?.x ?? '')).toBe('unknown_key')
  })
})
