import { afterEach, expect, test } from 'vitest'

import { botToken, refuse } from '../fake-slack.fixture.ts'
import { openDesk, type Desk } from '../slack-desk.fixture.ts'

let desk: Desk
afterEach(() => desk.close())

const failures = [
  [refuse('invalid_auth'), { code: 'auth', retryable: false }],
  [refuse('missing_scope'), { code: 'auth', retryable: false }],
  [refuse('not_in_channel'), { code: 'invalid_config', retryable: false }],
  [
    refuse('msg_too_long'),
    { code: 'bad_response', retryable: false, details: { fault: 'msg_too_long' } },
  ],
  [
    { status: 503, body: {} },
    { code: 'unavailable', retryable: true },
  ],
  [
    { status: 429, headers: { 'retry-after': '30' }, body: {} },
    { code: 'rate_limited', retryable: true, details: { retryAfterMs: 30_000 } },
  ],
] as const
for (const [answer, expected] of failures) {
  test(`Slack's ${JSON.stringify(answer)} is a ${expected.code} that quotes nothing`, async () => {
    desk = await openDesk()
    const request = await desk.ask({ amount: 1 })
    desk.vendor.slack.faults.set('chat.postMessage', () => answer)

    const failing = desk.notifyAnew(request)

    await expect(failing).rejects.toMatchObject({ ...expected, plugin: 'slack' })
    const error: unknown = await failing.catch((reason: unknown) => reason)
    expect(error).not.toHaveProperty('cause')
    expect(JSON.stringify(error)).not.toContain(botToken)
  })
}

test('a call is retried at most `maxRetries` times, and not after an abort', async () => {
  desk = await openDesk({ maxRetries: 2 })
  const request = await desk.ask({ amount: 1 })
  const before = desk.calls('chat.postMessage').length
  desk.vendor.slack.faults.set('chat.postMessage', () => ({ status: 500, body: {} }))

  await expect(desk.notifyAnew(request)).rejects.toMatchObject({
    code: 'unavailable',
  })
  expect(desk.calls('chat.postMessage')).toHaveLength(before + 3)

  const aborted = { signal: AbortSignal.abort(), idempotencyKey: 'n2' }
  await expect(desk.notifyAnew(request, aborted)).rejects.toMatchObject({
    code: 'aborted',
  })
  expect(desk.calls('chat.postMessage')).toHaveLength(before + 3)
})

test('a call that Slack never answers ends with the time limit', async () => {
  desk = await openDesk({ timeoutMs: 50 })
  const request = await desk.ask({ amount: 1 })
  const never = Promise.withResolvers<{ body: object }>()
  desk.vendor.slack.faults.set('chat.postMessage', () => never.promise)

  await expect(desk.notifyAnew(request)).rejects.toMatchObject({
    code: 'unavailable',
    retryable: true,
  })
  never.resolve({ body: {} })
})
