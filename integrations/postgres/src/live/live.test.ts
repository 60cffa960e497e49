import type { EffectContext, LoopStore, StoreChange } from '@loop-engine/core'
import { createLoopSystem, defineLoop, type Integration, type LoopSystem } from '@loop-engine/sdk'
import { outboxItem, startPlan, startPostgres, type PostgresServer } from '@loop-engine/testing'
import pg from 'pg'
import { beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'

import { splitHosts } from '../connection/hosts.ts'
import { openStore } from '../postgres.fixture.ts'
import { createPostgresStore, type PostgresStoreOptions } from '../postgres.ts'
import { startSilentServer } from '../silent-server.fixture.ts'
import { createAnnouncer } from './announcer.ts'
import { channelOf } from './notice.ts'

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
})

const open = (options: Partial<PostgresStoreOptions>): Promise<LoopStore> =>
  openStore({ connectionString: server.url, ...options })

const loop = defineLoop({
  id: 'mail',
  states: [{ id: 'READY' }, { id: 'SENDING' }, { id: 'SENT', terminal: true }],
  initialState: 'READY',
  transitions: [
    {
      id: 'send',
      from: 'READY',
      to: 'SENDING',
      actors: ['system'],
      effect: { integration: 'mailer', action: 'send', onSuccess: 'sent' },
    },
    { id: 'sent', from: 'SENDING', to: 'SENT', actors: ['automation'] },
  ],
})
const actor = { type: 'system', id: 'tester' } as const
/** Longer than any test lasts: a worker that found something was told of it. */
const never = { pollMs: 3_600_000 }

function createMailer(): { readonly mailer: Integration; readonly sent: Promise<string> } {
  const { promise: sent, resolve } = Promise.withResolvers<string>()
  const send = {
    input: { parse: (value: unknown) => value },
    async run(_: unknown, { receipt }: EffectContext) {
      resolve(receipt.aggregateId)
      return {}
    },
  }
  return { sent, mailer: { contract: 'integration/v1', name: 'mailer', actions: { send } } }
}

async function sendMail({ engine }: LoopSystem, aggregateId: string): Promise<void> {
  await engine.start({ loopId: 'mail', aggregateId, actor })
  await engine.transition({ aggregateId, transitionId: 'send', actor })
}

describe('a worker', () => {
  test('runs at once what another process enqueued, although its own turn to look never comes', async () => {
    const schema = server.schema()
    const { mailer, sent } = createMailer()
    const options = { loops: [loop], limits: never }
    const worker = await createLoopSystem({
      ...options,
      store: createPostgresStore({ connectionString: server.url, schema }),
      integrations: [mailer],
    })
    onTestFinished(() => worker.close())
    const asker = await createLoopSystem({
      ...options,
      store: createPostgresStore({ connectionString: server.url, schema }),
      integrations: [createMailer().mailer],
      relay: false,
    })
    onTestFinished(() => asker.close())

    await sendMail(asker, 'order-1')

    expect(await sent).toBe('order-1')
  })

  test('whose listener is cut off hears again, and is told that it may have missed something', async () => {
    const schema = server.schema()
    const [store, other] = [await open({ schema }), await open({ schema })]
    const admin = new pg.Client(server.url)
    await admin.connect()
    onTestFinished(() => admin.end())
    const heard: StoreChange[] = []
    let hear = Promise.withResolvers<void>()
    const unwatch = await store.watch?.((change) => {
      heard.push(change)
      hear.resolve()
    })

    await admin.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = $1', [
      `LISTEN "loop_engine:${schema}"`,
    ])
    await hear.promise
    hear = Promise.withResolvers()
    await other.commit([startPlan()])
    await hear.promise
    await unwatch?.()

    expect(heard).toEqual([{ outbox: true }, { outbox: false }])
  })

  test('finds by looking what nobody tells', async () => {
    const schema = server.schema()
    const { mailer, sent } = createMailer()
    const options = { loops: [loop], integrations: [mailer] }
    const mute = (): LoopStore =>
      createPostgresStore({ connectionString: server.url, schema, listen: false })
    const worker = await createLoopSystem({ ...options, store: mute(), limits: { pollMs: 5 } })
    onTestFinished(() => worker.close())
    const asker = await createLoopSystem({ ...options, store: mute(), relay: false })
    onTestFinished(() => asker.close())

    await sendMail(asker, 'order-1')

    expect(await sent).toBe('order-1')
    expect(mute().watch).toBeUndefined()
  })

  test('is not held up by a listener that cannot connect', async () => {
    const nowhere = 'postgres://nobody:hunter2@127.0.0.1:1/nowhere'
    const store = await open({ schema: server.schema(), listen: nowhere })

    const unwatch = await store.watch?.(() => {})

    expect(await store.commit([startPlan()])).toEqual([{ kind: 'committed' }])
    await unwatch?.()
  })
})

describe('a listener whose server falls silent', () => {
  test('is given up after half a minute, as every question is', async () => {
    const silent = await startSilentServer(server.url)
    onTestFinished(silent.close)
    const store = await open({ schema: server.schema(), listen: silent.url })
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())

    const watching = store.watch?.(() => {})
    await silent.silence('pg_advisory_lock_shared')
    vi.advanceTimersByTime(30_000)

    expect(await watching).toBeTypeOf('function')
  })

  test('does not keep the store from closing', async () => {
    const silent = await startSilentServer(server.url)
    onTestFinished(silent.close)
    const clock = { sleep: async () => {} }
    const store = await open({ schema: server.schema(), listen: silent.url, clock })
    await store.watch?.(() => {})

    await silent.silence()

    await expect(store.close()).resolves.toBeUndefined()
  })
})

describe('notifying', () => {
  test('is one at a time: what comes meanwhile shares the next, and none is lost', async () => {
    const told: string[] = []
    const left = Promise.withResolvers<void>()
    const announcer = createAnnouncer({
      database: {
        async tell(_, [, payload]) {
          told.push(String(payload))
          await left.promise
        },
      },
      channel: 'c',
      sender: 'me',
      sleep: async () => {},
    })

    announcer.announce({ outbox: false })
    for (let commit = 0; commit < 100; commit += 1) announcer.announce({ outbox: commit === 50 })
    const before = [...told]
    left.resolve()
    await announcer.close()

    expect(before).toEqual(['me entries'])
    expect(told).toEqual(['me entries', 'me outbox'])
  })

  test('is a statement of its own, and in no function that commits', async () => {
    const pool = new pg.Pool({ connectionString: server.url })
    onTestFinished(() => pool.end())
    const schema = server.schema()
    const statements: string[] = []
    pool.on('connect', (client) => {
      const query = client.query.bind(client) as (...asked: unknown[]) => unknown
      client.query = ((...asked: [{ readonly text?: string }]) => {
        statements.push(asked[0].text ?? '')
        return query(...asked)
      }) as typeof client.query
    })
    const store = await open({ schema, pool })
    const plan = startPlan()
    await store.commit([{ ...plan, outbox: [outboxItem(plan.instance)] }])
    await store.close()

    const notifying = statements.filter((text) => /notify/i.test(text))
    const [notify = ''] = notifying
    const { rows } = await pool.query(
      `SELECT proname FROM pg_proc WHERE pronamespace = '${schema}'::regnamespace AND prosrc ~* 'notify'`,
    )
    expect(notifying).toHaveLength(1)
    expect(rows).toEqual([])

    // It writes only when somebody listens.
    const values = [channelOf(schema), 'test outbox']
    expect((await pool.query(notify, values)).rowCount).toBe(0)
    const listener = await open({ schema })
    const heard = Promise.withResolvers<void>()
    const unwatch = await listener.watch?.(() => heard.resolve())
    expect((await pool.query(notify, values)).rowCount).toBe(1)
    await heard.promise
    await unwatch?.()
    // The store waits a second at most for the server to let go.
    await expect.poll(async () => (await pool.query(notify, values)).rowCount).toBe(0)
  })
})

test('several hosts of a connection string are told apart', () => {
  expect(splitHosts('postgres://u:p%2C@one:1,two,[::1]:3/db?sslmode=require')).toEqual([
    'postgres://u:p%2C@one:1/db?sslmode=require',
    'postgres://u:p%2C@two/db?sslmode=require',
    'postgres://u:p%2C@[::1]:3/db?sslmode=require',
  ])
  for (const one of ['postgres://u:a,b@one/db', '/var/run db', 'postgres://one/a,b'])
    expect(splitHosts(one)).toEqual([one])
})
