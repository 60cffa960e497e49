import { createHmac } from 'node:crypto'

import { expect, test } from 'vitest'

import { readRequest } from './read-request.ts'

const secret = 'the signing secret'
const now = Date.UTC(2026, 0, 1)
const form = 'application/x-www-form-urlencoded'

interface Sent {
  readonly body?: string
  readonly type?: string
  readonly at?: number
  readonly key?: string
  readonly headers?: Record<string, string>
  readonly method?: string
}

function send({
  body = 'payload={"a":1}',
  type = form,
  at = now,
  key = secret,
  headers,
  method = 'POST',
}: Sent) {
  const stamp = String(at / 1000)
  const hash = createHmac('sha256', key).update(`v0:${stamp}:${body}`).digest('hex')
  const request = new Request('https://loops.example/slack', {
    method,
    ...(method === 'POST' && { body }),
    headers: {
      'content-type': type,
      'x-slack-request-timestamp': stamp,
      'x-slack-signature': `v0=${hash}`,
      ...headers,
    },
  })
  return readRequest(request, secret, now)
}
const statusOf = async (sent: Sent): Promise<number> => {
  const read = await send(sent)
  return 'answer' in read ? read.answer.status : 0
}

const second = 1000
const cases: readonly (readonly [string, number, Sent])[] = [
  ['what Slack signs', 0, {}],
  ['a charset after the content type', 0, { type: `${form}; charset=utf-8` }],
  ['a content type in capitals', 0, { type: 'Application/X-WWW-Form-Urlencoded' }],
  ['JSON', 0, { type: 'application/json; charset=utf-8', body: '{"type":"event_callback"}' }],
  ['299 seconds old', 0, { at: now - 299 * second }],
  ['301 seconds old', 401, { at: now - 301 * second }],
  ['299 seconds ahead', 0, { at: now + 299 * second }],
  ['301 seconds ahead', 401, { at: now + 301 * second }],
  ['a day ahead', 401, { at: now + 86_400 * second }],
  ['another secret', 401, { key: 'another' }],
  ['a signature that is cut', 401, { headers: { 'x-slack-signature': 'v0=ab' } }],
  [
    'a signature of another version',
    401,
    { headers: { 'x-slack-signature': `v1=${'0'.repeat(64)}` } },
  ],
  ['a timestamp that is no number', 401, { headers: { 'x-slack-request-timestamp': 'NaN' } }],
  ['a timestamp that is a fraction', 401, { headers: { 'x-slack-request-timestamp': '1.5' } }],
  ['no timestamp', 401, { headers: { 'x-slack-request-timestamp': '' } }],
  ['GET', 405, { method: 'GET' }],
  ['a body of two megabytes', 413, { body: `payload=${'x'.repeat(2_000_000)}` }],
  ['two payloads', 400, { body: 'payload={}&payload={}' }],
  ['a payload that is no JSON', 400, { body: 'payload={' }],
  ['a payload that is no object', 400, { body: 'payload=[1]' }],
  ['another content type', 400, { type: 'text/plain' }],
  ['the check of a certificate', 200, { body: 'ssl_check=1' }],
]
for (const [what, status, sent] of cases) {
  test(`${what} is ${status === 0 ? 'read' : `answered with ${status}`}`, async () => {
    expect(await statusOf(sent)).toBe(status)
  })
}

test('`ssl_check` beside a payload is ignored', async () => {
  expect(await send({ body: 'ssl_check=1&payload={"type":"x"}' })).toEqual({ body: { type: 'x' } })
})

test('the challenge is answered only if the request is signed', async () => {
  const body = '{"type":"url_verification","challenge":"c"}'
  const type = 'application/json'

  const read = await send({ body, type })
  expect('answer' in read && (await read.answer.text())).toBe('c')
  expect(await statusOf({ body, type, key: 'another' })).toBe(401)
})
