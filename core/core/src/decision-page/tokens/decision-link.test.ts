import { expect, test } from 'vitest'

import { createDecisionLinks, redactDecisionLinks, type DecisionChallenge } from '../index.ts'
import { noon } from '../waiting-request.fixture.ts'

const secret = 'a secret of more than thirty-two bytes'
const link = {
  id: '0'.repeat(32),
  tenant: 'default',
  requestId: 'request-1',
  revision: 2,
  recipient: 'alice',
}
const links = createDecisionLinks({ secrets: [secret], clock: { now: () => noon } })
const later = noon + 60_000

test('a link opens to what it was made for, in another process too', async () => {
  const token = await links.seal(link, later)

  const opened = await createDecisionLinks({ secrets: [secret], clock: { now: () => noon } }).open(
    token,
  )

  expect(opened).toEqual({ status: 'open', content: link })
})

test('a link tells nothing to who has no key', async () => {
  const token = await links.seal(link, later)

  const readable = token.split('.').map((part) => Buffer.from(part, 'base64url').toString('latin1'))

  for (const secretPart of ['alice', 'request-1', 'default', link.id])
    expect(readable.join(' ')).not.toContain(secretPart)
})

test('a link that was changed in any place is no good', async () => {
  const token = await links.seal(link, later)

  for (let at = 0; at < token.length; at++) {
    const other = token[at] === 'x' ? 'y' : 'x'
    const changed = token.slice(0, at) + other + token.slice(at + 1)
    // The last letter of a part may hold bits that mean nothing; with those it is the same link.
    expect([{ status: 'invalid' }, { status: 'open', content: link }]).toContainEqual(
      await links.open(changed),
    )
  }
})

test.each(['', 'a.b.c.d.e', 'eyJhbGciOiJub25lIn0..a.b.c', 'x'.repeat(5000)])(
  'what was never sealed is no good: %s',
  async (token) => {
    expect(await links.open(token)).toEqual({ status: 'invalid' })
  },
)

test('a link of another key is no good, and one of an older key is while that is kept', async () => {
  const older = 'an older secret that was in use until now'
  const token = await createDecisionLinks({ secrets: [older], clock: { now: () => noon } }).seal(
    link,
    later,
  )

  expect(await links.open(token)).toEqual({ status: 'invalid' })
  const both = createDecisionLinks({ secrets: [secret, older], clock: { now: () => noon } })
  expect(await both.open(token)).toMatchObject({ status: 'open' })
})

test('a link expires', async () => {
  const token = await links.seal(link, later)

  const opened = await createDecisionLinks({
    secrets: [secret],
    clock: { now: () => later + 1000 },
  }).open(token)

  expect(opened).toEqual({ status: 'expired' })
})

test('a link cannot stand for a decision that waits for its code, nor the reverse', async () => {
  const challenge: DecisionChallenge = { ...link, decision: 'approve', viewHash: 'a', at: noon }

  expect(await links.openChallenge(await links.seal(link, later))).toEqual({ status: 'invalid' })
  expect(await links.open(await links.sealChallenge(challenge, later))).toEqual({
    status: 'invalid',
  })
})

test('a short secret is refused', () => {
  expect(() => createDecisionLinks({ secrets: ['short'] })).toThrow(
    expect.objectContaining({ code: 'invalid_config' }),
  )
})

test('a log line keeps everything but the link', async () => {
  const token = await links.seal(link, later)

  const line = redactDecisionLinks(`GET /decide?link=${token}&x=1 200 "Mozilla"`)

  expect(line).toBe('GET /decide?link=[decision link]&x=1 200 "Mozilla"')
})
