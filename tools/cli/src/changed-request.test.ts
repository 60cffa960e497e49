import { DatabaseSync } from 'node:sqlite'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { createTestWorkshop, requestPayment } from './workshop.fixture.ts'

const { db, loop, prepare, remove } = createTestWorkshop()
afterAll(remove)

beforeAll(async () => {
  await prepare((system) => requestPayment(system, 'one'))
  const database = new DatabaseSync(db)
  database.exec(`UPDATE approval SET request = json_set(request, '$.policy.onReject', 'paid')`)
  database.close()
})

test('a request that was changed in the database cannot be approved; a rejection warns that nothing follows', async () => {
  const person = ['--db', 'loop.db', '--as', 'frank', '--role', 'finance'] as const
  const approved = await loop(...person, 'approve', 'one')
  expect([approved.code, approved.err]).toEqual([5, expect.stringContaining('(corrupt)')])
  const rejected = await loop(...person, 'reject', 'one', '--reason', 'changed')
  expect(rejected.code).toBe(0)
  expect(rejected.err).toMatch(/^warning: .*not what the record says was asked/)
  expect(JSON.parse((await loop(...person, 'list', '--json')).out)).toMatchObject({
    items: [{ currentState: 'REQUESTED' }],
  })
})
