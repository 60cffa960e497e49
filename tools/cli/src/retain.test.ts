import { afterAll, beforeAll, expect, test } from 'vitest'

import { createTestWorkshop, requestPayment } from './workshop.fixture.ts'

const { loop, prepare, remove } = createTestWorkshop()
afterAll(remove)
beforeAll(() => prepare((system) => requestPayment(system, 'one')))

test('retain fails with `unsupported` for a store that keeps everything', async () => {
  const { code, err } = await loop('--db', 'loop.db', 'retain', '--before', '2020-01-01', '--json')

  expect(code).toBe(1)
  expect(JSON.parse(err)).toMatchObject({ error: { code: 'unsupported' } })
})

test.each([
  [],
  ['--before', 'yesterday'],
  ['--before', '2026-13-01'],
  ['--before', '2026-02-30'],
  ['--before', '01/02/2026'],
  ['--before', '2999-01-01'],
])('a date that is missing, ambiguous or in the future is wrong use: %s %s', async (...args) => {
  expect(await loop('--db', 'loop.db', 'retain', ...args)).toMatchObject({ code: 2 })
})
