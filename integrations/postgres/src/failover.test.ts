import type { CommitPlan, LoopInstance, LoopStore } from '@loop-engine/core'
import {
  nextPlan,
  outboxItem,
  startPlan,
  startPostgres,
  startPostgresPair,
} from '@loop-engine/testing'
import pg from 'pg'
import { describe, expect, onTestFinished, test } from 'vitest'

import { expectKept, keepCommitting, openStore } from './postgres.fixture.ts'

const open = (connectionString: string): Promise<LoopStore> =>
  // Detecting a failure and promoting a standby takes longer than a restart.
  openStore({ connectionString, schema: 'failover', maxReconnects: 14 })

const withItem = (instance: LoopInstance): CommitPlan => {
  const plan = nextPlan(instance)
  return { ...plan, outbox: [outboxItem(plan.instance)] }
}

async function connect(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString })
  client.on('error', () => {})
  await client.connect()
  return client
}

describe('when the primary dies and its standby takes over', () => {
  test('two processes go on, and no acknowledged transition is lost or doubled', async () => {
    const pair = await startPostgresPair()
    onTestFinished(() => pair.stop())
    const stores = [await open(pair.url), await open(pair.url)]
    const heard = Promise.withResolvers<void>()
    let hasFailedOver = false
    let isOver = false
    let acknowledgedSince = 0
    const goesOn = (): boolean => {
      if (hasFailedOver) acknowledgedSince += 1
      if (acknowledgedSince > 60) isOver = true
      return !isOver
    }
    const callers = stores.flatMap((store, which) =>
      Array.from({ length: 6 }, (_, index) =>
        keepCommitting(store, `order-${which}-${index}`, goesOn, withItem),
      ),
    )
    const admin = await connect(pair.primary.url)
    await admin.query('SELECT pg_sleep(0.3)')

    await pair.primary.crash()
    await pair.promote()
    hasFailedOver = true
    const acknowledged = await Promise.all(callers)

    const { rows } = await (
      await connect(pair.standby.url)
    ).query<{ primary: boolean }>('SELECT NOT pg_is_in_recovery() AS primary')
    expect(rows).toEqual([{ primary: true }])
    for (const instance of acknowledged)
      for (const store of stores) await expectKept(store, instance)
    const items = acknowledged.reduce((sum, { version }) => sum + version - 1, 0)
    expect(await countItems(pair.standby.url)).toBe(items)
    // The listener followed, too.
    const [one, two] = stores
    const unwatch = await one?.watch?.(() => heard.resolve())
    await two?.commit([startPlan({ aggregateId: 'after' })])
    await heard.promise
    await unwatch?.()
  })
})

async function countItems(url: string): Promise<number> {
  const client = await connect(url)
  const { rows } = await client.query(
    'SELECT count(DISTINCT id)::int AS count FROM failover.outbox',
  )
  await client.end()
  return Number(rows[0]?.count)
}

describe('while the standby is away', () => {
  for (const [how, end] of [
    ['ended', 'pg_terminate_backend'],
    ['cancelled', 'pg_cancel_backend'],
  ])
    test(`a commit whose wait is ${how} is acknowledged only once the standby has it`, async () => {
      const server = await startPostgres({ private: true })
      onTestFinished(() => server.stop())
      const admin = await connect(server.url)
      onTestFinished(() => admin.end())
      const store = await open(server.url)
      const start = startPlan({}, { idempotency: key('start') })
      await store.commit([start])
      await setStandby(admin, 'nobody')
      await untilCommitsWait(server.url, admin)
      let acknowledged = 0
      const plan = nextPlan(start.instance, [{}], { idempotency: key('next') })
      const committing = store.commit([plan]).then(([result]) => {
        acknowledged += 1
        return result
      })
      for (let ended = 0; ended < 3; ended += Number(await endWaiting(admin, end ?? ''))) {
        // The commit waits, is ended, and must wait again.
      }
      // Until the server has heard of the first end, nobody sees what was committed.
      while (!(await isKept(admin, 'next'))) {
        // The same server process may have been told to end more than once.
      }
      const repeated = store.idempotency('acme', 'human:ann', 'next').then((record) => {
        acknowledged += 1
        return record
      })
      while ((await waiting(admin)) < 2) {
        // Both wait for a standby now.
      }

      const before = acknowledged
      await setStandby(admin, '')

      expect(await committing).toEqual({ kind: 'committed' })
      expect(await repeated).toMatchObject({ answer: 'next' })
      expect(before).toBe(0)
      expect(await store.getRun('acme', plan.instance.runId)).toEqual(plan.instance)
    })
})

async function isKept(admin: pg.Client, name: string): Promise<boolean> {
  const { rowCount } = await admin.query('SELECT FROM failover.idempotency WHERE key = $1', [name])
  return rowCount === 1
}

function key(name: string): NonNullable<CommitPlan['idempotency']> {
  return { principal: 'human:ann', key: name, fingerprint: 'f', answer: name, at: 1 }
}

async function setStandby(admin: pg.Client, name: string): Promise<void> {
  await admin.query(`SET synchronous_commit = local`)
  await admin.query(`ALTER SYSTEM SET synchronous_standby_names = '${name}'`)
  await admin.query('SELECT pg_reload_conf()')
}

/** The server takes a new setting when it gets to it. */
async function untilCommitsWait(url: string, admin: pg.Client): Promise<void> {
  const probe = await connect(url)
  let isWaiting = false
  while (!isWaiting) {
    let isOver = false
    const committing = probe
      .query(`SELECT pg_logical_emit_message(true, 'probe', '')`)
      .finally(() => (isOver = true))
    while (!isOver && !isWaiting) isWaiting = (await waiting(admin)) > 0
    if (isWaiting) await endWaiting(admin, 'pg_cancel_backend')
    await committing
  }
  await probe.end()
}

async function waiting(admin: pg.Client): Promise<number> {
  const { rows } = await admin.query(
    `SELECT count(*)::int AS count FROM pg_stat_activity WHERE wait_event = 'SyncRep'`,
  )
  return Number(rows[0]?.count)
}

async function endWaiting(admin: pg.Client, end: string): Promise<boolean> {
  const { rowCount } = await admin.query(
    `SELECT ${end}(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'`,
  )
  return (rowCount ?? 0) > 0
}
