import { expect, test } from 'vitest'

import { withoutVainRetry } from './vain-retry.ts'

const limited = (after: string) =>
  new Response('{"error":{}}', { status: 429, headers: { 'retry-after': after, 'x-id': '1' } })

test('a wait that outlasts the call is not begun; the failure stays what it was', async () => {
  const response = withoutVainRetry(limited('61'), 60_000, 0)

  expect(response.status).toBe(429)
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'x-should-retry': 'false',
    'retry-after': '61',
    'x-id': '1',
  })
  expect(await response.text()).toBe('{"error":{}}')
})

test('a wait that ends in time is left to the SDK', () => {
  expect(withoutVainRetry(limited('59'), 60_000, 0).headers.has('x-should-retry')).toBe(false)
  expect(withoutVainRetry(limited('soon'), 0, 0).headers.has('x-should-retry')).toBe(false)
})
