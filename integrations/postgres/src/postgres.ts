import { randomUUID } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'

import { checkSequence, type Clock, type CommitResult, type LoopStore } from '@loop-engine/core'
import type { Client, Pool } from 'pg'

import { checkOptions } from './check-options.ts'
import { createCommitQueue } from './commit/commit-queue.ts'
import { createCommitter } from './commit/commit.ts'
import { checkServer } from './connection/check-server.ts'
import { createDatabase } from './connection/database.ts'
import { createKeepMessage } from './keep-message.ts'
import { createLedger } from './ledger.ts'
import { createLists } from './lists.ts'
import { createAnnouncer } from './live/announcer.ts'
import { createListener } from './live/listener.ts'
import { channelOf } from './live/notice.ts'
import { createLog, forgetHorizons } from './log.ts'
import { migrate, requireSchema } from './migrations/migrate.ts'
import { createOutbox } from './outbox.ts'
import { createPartitions } from './partitions.ts'
import { createRetention } from './retention.ts'
import { checkRole, engineOptions, secure } from './row-level-security.ts'
import { createTail } from './tail.ts'

export interface PostgresStoreOptions {
  /** A pool that the application made and ends; or else `connectionString`. */
  readonly pool?: Pool
  /** Several hosts, `postgres://one,two/db`, are tried in turn for the one that accepts writes. */
  readonly connectionString?: string
  /**
   * Where to listen for what other processes commit, if that is another address: past a pooler in transaction mode.
   * With `false` the store neither listens nor tells; then others find its commits when they look.
   */
  readonly listen?: string | false
  /** A schema for this store alone: lower-case letters, digits and underscores. */
  readonly schema?: string
  /** Whether `open` refuses a database that holds no tables of this version, instead of making or upgrading them. */
  readonly mustExist?: boolean
  /** How many commits may be on their way at once; an own pool has as many connections again for reads. */
  readonly maxConnections?: number
  /** How many callers may share one commit. */
  readonly maxBatch?: number
  /** Accepts `synchronous_commit = off` and declares no more than `process`. */
  readonly allowAsyncCommit?: boolean
  /** Lets a session that is not the store's see and write the rows of one tenant, the one it sets; see docs/retention.md. */
  readonly rowLevelSecurity?: boolean
  /** How often a lost connection is tried again, with growing pauses; 8 are about five seconds. */
  readonly maxReconnects?: number
  /** Its `sleep` makes the pauses between attempts to reconnect. */
  readonly clock?: Pick<Clock, 'sleep'>
}

/**
 * Keeps runs, their ledger and the outbox in PostgreSQL 14 or newer; one statement a commit, shared by the callers
 * that come at the same time.
 *
 * @example
 * const store = createPostgresStore({ connectionString: 'postgres://localhost/loops' })
 * await store.open()
 */
export function createPostgresStore(options: PostgresStoreOptions): LoopStore {
  checkOptions(options)
  const {
    pool,
    connectionString,
    listen,
    schema = 'loop_engine',
    mustExist = false,
    maxConnections = 3,
    maxBatch = 64,
    allowAsyncCommit = false,
    rowLevelSecurity = false,
    maxReconnects = 8,
    clock = { sleep: sleepReally },
  } = options
  const sleep: Clock['sleep'] = (ms, signal) => clock.sleep(ms, signal)
  const database = createDatabase({
    pool,
    connectionString,
    connections: maxConnections,
    maxReconnects,
    sleep,
    ...(rowLevelSecurity && { sessionOptions: engineOptions }),
  })
  const send = createCommitter({ database, schema, allowAsyncCommit, maxReconnects, sleep })
  const queue = createCommitQueue({ connections: maxConnections, maxBatch, send })
  const partitions = createPartitions(database, schema)
  const [channel, self] = [channelOf(schema), randomUUID()]
  const announcer = createAnnouncer({ database, channel, sender: self, sleep })
  const connect = (): Promise<Client> => database.open(listen === false ? undefined : listen)
  const listener = createListener({ connect, channel, self, sleep })
  const announce = (outbox: boolean): void => {
    if (listen !== false) announcer.announce({ outbox })
  }
  let closing: Promise<void> | undefined

  async function close(): Promise<void> {
    await listener.close()
    await queue.close()
    await announcer.close()
    await database.close()
  }

  return {
    contract: 'store/v1',
    name: 'postgres',
    durability: allowAsyncCommit ? 'process' : 'power',

    async open() {
      await checkServer(database, allowAsyncCommit)
      await checkRole(database, schema, rowLevelSecurity)
      await (mustExist ? requireSchema(database, schema) : migrate(database, schema))
      if (rowLevelSecurity) await secure(database, schema)
      if (mustExist) return
      await partitions.makeAhead()
      await forgetHorizons(database, schema)
    },
    async commit(plans) {
      for (const plan of plans) checkSequence(plan)
      const making = partitions.keepAhead(plans)
      if (making) await making
      const [plan] = plans
      if (plan !== undefined && plans.length === 1) {
        const result = await queue.add(plan)
        if (result.kind === 'committed') announce((plan.outbox?.length ?? 0) > 0)
        return [result]
      }
      const answers = await Promise.allSettled(plans.map((each) => queue.add(each)))
      const made = plans.filter((_, place) => isCommitted(answers[place]))
      if (made.length > 0) announce(made.some(({ outbox = [] }) => outbox.length > 0))
      return answers.map((answer) => {
        if (answer.status === 'rejected') throw answer.reason
        return answer.value
      })
    },
    ...createLedger(database, schema),
    ...createLists(database, schema),
    keepMessage: createKeepMessage(database, schema),
    ...createOutbox(database, schema, () => announce(true)),
    ...createLog(database, schema),
    ...createTail(database, schema),
    retention: createRetention(database, schema),
    ...(listen !== false && { watch: listener.watch }),
    close: () => (closing ??= close()),
  }
}

function isCommitted(answer: PromiseSettledResult<CommitResult> | undefined): boolean {
  return answer?.status === 'fulfilled' && answer.value.kind === 'committed'
}

async function sleepReally(ms: number, signal?: AbortSignal): Promise<void> {
  await setTimeout(ms, undefined, { ...(signal && { signal }) }).catch(() => undefined)
}
