import { afterAll, beforeAll, expect, test } from 'vitest'

import { createTestWorkshop, requestPayment } from './workshop.fixture.ts'

const { db, loop, prepare, remove } = createTestWorkshop()
afterAll(remove)
beforeAll(() =>
  prepare(async (system) => {
    await requestPayment(system, 'one', 'two', 'three')
    const { approvals, relay } = system
    const alice = { type: 'human', id: 'alice', roles: ['finance'] } as const
    for (const { id } of await approvals.inbox({ actor: alice }))
      await approvals.decide({ requestId: id, decision: 'approve', actor: alice })
    await relay.drain()
    await requestPayment(system, 'four', 'five', 'six')
    // Keys are kept in the file of the server and not in the record.
    await loop('keys', 'create', 'ci', '--scope', 'read', '--db', db)
    await loop('keys', 'create', 'cd', '--scope', 'read', '--db', db)
  }),
)

test.each([
  ['list', 'refund'],
  ['inbox --as alice --role finance', 'loop approve'],
  ['dead-letters', 'bank'],
  ['keys list', 'lk_'],
])('%s continues where the page before ended', async (command, row) => {
  const rowsOf = (out: string): string[] =>
    out
      .split('\n')
      .flatMap((line) => (line.includes(row) ? [line.trim().split(/\s+/, 3).join(' ')] : []))
  const first = await loop(...command.split(' '), '--db', db, '--limit', '1')
  const [, cursor = ''] = /^There is more\. Continue with --cursor (\S+)\n$/.exec(first.err) ?? []
  const rest = await loop(...command.split(' '), '--db', db, '--cursor', cursor)

  const all = await loop(...command.split(' '), '--db', db)
  expect([...rowsOf(first.out), ...rowsOf(rest.out)]).toEqual(rowsOf(all.out))
  expect(rowsOf(all.out).length).toBeGreaterThan(1)
  expect(rest.err).toBe('')
})
