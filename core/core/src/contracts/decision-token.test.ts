import { generateKeyPairSync } from 'node:crypto'

import fc from 'fast-check'
import { SignJWT, UnsecuredJWT } from 'jose'
import { expect, test } from 'vitest'

import type { ApprovalRequest } from '../model/approval.ts'
import {
  createDecisionSigner,
  signedDecisionOf,
  verifyDecisionToken,
  type SignedDecision,
} from './decision-token.ts'

const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const other = generateKeyPairSync('ed25519')
let time = Date.UTC(2026, 0, 1)
const now = (): number => time

const decision: SignedDecision = {
  tenant: 'acme',
  requestId: 'run-1:4',
  revision: 1,
  runId: 'run-1',
  aggregateId: 'order-1',
  transitionId: 'pay',
  actionDigest: 'a'.repeat(64),
  viewHash: 'b'.repeat(64),
  status: 'approved',
  decision: 'approve',
  reviewer: { type: 'human', id: 'alice' },
  assurance: { method: 'signed-link' },
  decidedAt: time,
}
const issuer = 'https://loops.example'
const audience = 'n8n'
const sign = createDecisionSigner({
  issuer,
  keyId: 'k1',
  privateKey,
  ttlMs: 60_000,
  clock: { now },
})
const expected = { issuer, audience, keys: [{ keyId: 'k1', publicKey }], clock: { now } }
const reasonOf = async (token: string, expectation = expected): Promise<unknown> =>
  verifyDecisionToken(token, expectation).then(
    () => 'accepted',
    (error: { details?: { reason?: string } }) => error.details?.reason,
  )

test('what was decided can be read by the one it was signed for', async () => {
  expect(await verifyDecisionToken(await sign(decision, audience), expected)).toEqual(decision)
})

test('a signer whose time limit is misspelt is none', () => {
  const misspelt = { issuer, keyId: 'k1', privateKey, ttlMS: 60_000 }

  expect(() => createDecisionSigner(misspelt)).toThrow(
    expect.objectContaining({ code: 'invalid_config', path: '/ttlMS' }),
  )
})

test('not by another audience, from another issuer, with another key, or too late', async () => {
  const token = await sign(decision, audience)

  expect(await reasonOf(token, { ...expected, audience: 'temporal' })).toBe('not_for_here')
  expect(await reasonOf(token, { ...expected, issuer: 'https://evil.example' })).toBe(
    'not_for_here',
  )
  expect(
    await reasonOf(token, { ...expected, keys: [{ keyId: 'k1', publicKey: other.publicKey }] }),
  ).toBe('bad_signature')
  expect(await reasonOf(token, { ...expected, keys: [] })).toBe('unknown_key')
  time += 66_000
  expect(await reasonOf(token)).toBe('expired')
  time -= 66_000
})

test('a token of another algorithm, of another kind, or about another request is not one', async () => {
  const at = Math.floor(time / 1000)
  const claims = { 'https://loopengine.io/decision': decision }
  const forged = (typ: string, sub: string, alg = 'EdDSA'): SignJWT =>
    new SignJWT(claims)
      .setProtectedHeader({ alg, typ, kid: 'k1' })
      .setIssuer(issuer)
      .setAudience(audience)
      .setSubject(sub)
      .setIssuedAt(at)
      .setExpirationTime(at + 60)
  const raw = publicKey.export({ type: 'spki', format: 'der' })

  expect(await reasonOf(await forged('JWT', 'run-1:4').sign(privateKey))).toBe('not_for_here')
  expect(await reasonOf(await forged('loop-decision+jwt', 'run-2:4').sign(privateKey))).toBe(
    'malformed',
  )
  // The public key taken for a shared secret: the classic confusion of algorithms.
  expect(await reasonOf(await forged('loop-decision+jwt', 'run-1:4', 'HS256').sign(raw))).toBe(
    'malformed',
  )
  expect(await reasonOf(new UnsecuredJWT(claims).encode())).toBe('malformed')
})

test('one changed character is refused, wherever it is', async () => {
  const token = await sign(decision, audience)
  await fc.assert(
    fc.asyncProperty(
      fc.nat(token.length - 1),
      fc.constantFrom('A', 'b', '.', '='),
      async (at, by) => {
        fc.pre(token[at] !== by)
        const changed = token.slice(0, at) + by + token.slice(at + 1)
        // The last character of the signature has bits that mean nothing: the same signature, written otherwise.
        fc.pre(!signatureOf(changed).equals(signatureOf(token)) || at < token.lastIndexOf('.'))
        expect(await reasonOf(changed)).not.toBe('accepted')
      },
    ),
    { seed: 1 },
  )
})

test('nonsense is refused', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string(), async (token) => {
      expect(await reasonOf(token)).toBe('malformed')
    }),
    { seed: 1 },
  )
})

function signatureOf(token: string): Buffer {
  return Buffer.from(token.slice(token.lastIndexOf('.') + 1), 'base64url')
}

test('a request that people approved and a guard held back is not signed as approved', () => {
  const { requestId: id, decision: _, reviewer: __, assurance: ___, ...rest } = decision
  const request = (executedBy: string | null) =>
    ({ ...rest, id, decisions: [], executedBy }) as unknown as ApprovalRequest

  expect(signedDecisionOf(request('c'.repeat(64))).status).toBe('approved')
  expect(signedDecisionOf(request(null)).status).toBe('cancelled')
})
