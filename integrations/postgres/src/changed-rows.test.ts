import type { LoopStore } from '@loop-engine/core'
import { outboxItem, planEpoch, startPlan, startPostgres } from '@loop-engine/testing'
import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'

import { openStore } from './postgres.fixture.ts'

/** A store with two items in its outbox, of which somebody with access to the database changed a row. */
async function changed(change: (schema: string) => string): Promise<LoopStore> {
  const server = await startPostgres()
  const schema = server.schema()
  const store = await openStore({ connectionString: server.url, schema })
  const plan = startPlan()
  const items = ['bad', 'good'].map((id) => outboxItem(plan.instance, { id, lane: id }))
  await store.commit([{ ...plan, outbox: items }])
  const pool = new pg.Pool({ connectionString: server.url, max: 1 })
  onTestFinished(() => pool.end())
  expect((await pool.query(change(schema))).rowCount).toBe(1)
  return store
}

test.each(['get', 'getRun', 'find'])(
  'of a run with another version in its column %s says that it was changed',
  async (call) => {
    const store = await changed((schema) => `UPDATE ${schema}.instance SET version = 7`)
    const { runId, aggregateId } = startPlan().instance
    const calls: Record<string, () => Promise<unknown>> = {
      get: async () => store.get('acme', aggregateId),
      getRun: async () => store.getRun('acme', runId),
      find: async () => store.find({ tenant: 'acme' }),
    }

    await expect(calls[call]?.()).rejects.toMatchObject({ code: 'corrupt', details: { runId } })
  },
)

test.each([
  'attempt = 2147483647',
  'attempt = -2147483648',
  'seq = 9223372036854775807',
  'seq = -9223372036854775808',
  'due_at = 9223372036854775807',
  'due_at = -9223372036854775808',
  'ready_at = -9223372036854775808',
  'fence = 9223372036854775807',
])('a row of the outbox that was made %s stops no other', async (change) => {
  const store = await changed((schema) => `UPDATE ${schema}.outbox SET ${change} WHERE id = 'bad'`)
  const { tenant, aggregateId } = startPlan().instance
  const query = { worker: 'w', now: planEpoch + 3_600_000, leaseMs: 1000, limit: 10 }

  expect(await store.nextDueAt()).not.toBeNaN()
  const claims = await store.claim(query)
  expect(claims.map(({ id }) => id)).toContain('good')
  const again = { ...query, now: query.now + 2000, instance: { tenant, aggregateId } }
  expect((await store.claim(again)).map(({ id }) => id)).toContain('good')
  const [bad] = claims.filter(({ id }) => id === 'bad')
  expect(bad).toMatchObject({ attempt: expect.any(Number) })
})
