import { afterAll, beforeAll, expect, test } from 'vitest'

import { createTestWorkshop, requestPayment } from './workshop.fixture.ts'

const { loop, prepare, remove } = createTestWorkshop()
afterAll(remove)
beforeAll(() => prepare((system) => requestPayment(system, 'one')))

test('a store that keeps everything says so, and by a code', async () => {
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
])('a time that is missing, unclear or to come is a usage error: %s %s', async (...args) => {
  expect(await loop('--db', 'loop.db', 'retain', ...args)).toMatchObject({ code: 2 })
})
