import { afterAll, expect, test } from 'vitest'

import { createTestWorkshop, requestPayment } from './workshop.fixture.ts'

const { loop, prepare, remove } = createTestWorkshop()
afterAll(remove)

test('a request that expired while no relay ran waits for nobody', async () => {
  const hour = 3_600_000
  await prepare((system) => requestPayment(system, 'late'), 3 * hour)
  const inbox = (role: string) => loop('--db', 'loop.db', 'inbox', '--as', 'alice', '--role', role)

  expect(await inbox('finance')).toEqual({ code: 0, out: 'Nothing waits for you.\n', err: '' })

  await prepare((system) => requestPayment(system, 'now'))
  expect((await inbox('finance')).out).toMatch(/pay on now  REQUESTED → PAYING, high risk\n.*until/)
  expect((await inbox('legal')).err).toMatch(/^1 more waits for others;/)
})

test('a member of a group finds the requests that wait for the group, and decides', async () => {
  await prepare((system) => requestPayment(system, 'by-group'))
  const person = ['--db', 'loop.db', '--as', 'tess', '--group', 'treasury'] as const

  expect((await loop('inbox', ...person)).out).toMatch(
    /loop approve \S+ --db \S+ --as tess --group treasury\n/,
  )
  expect(await loop('approve', 'by-group', ...person)).toMatchObject({ code: 0 })
})

test('what has waited longest stands first', async () => {
  await prepare((system) => requestPayment(system, 'older', 'newer'))

  const { out } = await loop('--db', 'loop.db', 'inbox', '--as', 'tess', '--group', 'treasury')

  expect(out.indexOf('pay on older')).toBeLessThan(out.indexOf('pay on newer'))
})
