import { Webhook } from 'standardwebhooks'
import { expect, test } from 'vitest'

import { verifySignature } from './signature.ts'

const secret = `whsec_${Buffer.alloc(32, 1).toString('base64')}`
const other = `whsec_${Buffer.alloc(32, 2).toString('base64')}`
const now = 1_800_000_000_000
const body = Buffer.from('{"a":"ü"}')

const headersAt = (at: number, signer = secret): Record<string, string> => ({
  'webhook-id': 'msg_1',
  'webhook-timestamp': String(at / 1000),
  'webhook-signature': new Webhook(signer).sign('msg_1', new Date(at), body.toString()),
})

test('a signature of the reference implementation is accepted', () => {
  expect(verifySignature({ secrets: secret, headers: headersAt(now), body, now })).toEqual({
    ok: true,
    id: 'msg_1',
    at: now,
  })
})

test('while secrets are rotated, sender and receiver may each have two', () => {
  const headers = headersAt(now)
  const both = `${headersAt(now, other)['webhook-signature']} ${headers['webhook-signature']}`

  expect(verifySignature({ secrets: `${other}, ${secret}`, headers, body, now }).ok).toBe(true)
  const rotated = { ...headers, 'webhook-signature': both }
  expect(verifySignature({ secrets: secret, headers: rotated, body, now }).ok).toBe(true)
})

test.each([
  ['another secret', { secrets: other }, 'bad_signature'],
  ['no secret', { secrets: '' }, 'no_secret'],
  ['a secret that could be guessed', { secrets: 'whsec_c2hvcnQ=' }, 'no_secret'],
  ['another body', { body: Buffer.from('{"a":"u"}') }, 'bad_signature'],
  ['another id', { headers: { ...headersAt(now), 'webhook-id': 'msg_2' } }, 'bad_signature'],
  ['no headers', { headers: {} }, 'unsigned'],
  [
    'a list of signatures',
    { headers: { ...headersAt(now), 'webhook-signature': ['v1,'] } },
    'unsigned',
  ],
  [
    'an empty signature',
    { headers: { ...headersAt(now), 'webhook-signature': 'v1,' } },
    'bad_signature',
  ],
  ['a time of the past', { headers: headersAt(now - 301_000) }, 'too_old_or_new'],
  ['a time to come', { headers: headersAt(now + 301_000) }, 'too_old_or_new'],
])('%s is refused', (_, change, reason) => {
  const message = { secrets: secret, headers: headersAt(now), body, now, ...change }

  expect(verifySignature(message)).toEqual({ ok: false, reason })
})
