import { LoopError, type Clock, type CommitPlan, type LoopStore } from '@loop-engine/core'
import type { Pool } from 'pg'

import { createCommitQueue } from './commit-queue.ts'
import { createCommitter } from './commit.ts'
import { createDatabase } from './database.ts'
import { createLedger } from './ledger.ts'
import { createLog } from './log.ts'
import { checkServer, migrate } from './migrate.ts'
import { createOutbox } from './outbox.ts'

export interface PostgresStoreOptions {
  /** A pool that the application made and ends; or else `connectionString`. */
  readonly pool?: Pool
  readonly connectionString?: string
  /** A schema for this store alone: lower-case letters, digits and underscores. */
  readonly schema?: string
  /** How many commits may be on their way at once; an own pool has as many connections again for reads. */
  readonly connections?: number
  /** How many callers may share one commit. */
  readonly maxBatch?: number
  /** Accepts `synchronous_commit = off` and declares no more than `process`. */
  readonly allowAsyncCommit?: boolean
  /** How often a lost connection is tried again, with growing pauses; 8 are about five seconds. */
  readonly reconnects?: number
  readonly sleep?: Clock['sleep']
}

/**
 * Keeps runs, their ledger and the outbox in PostgreSQL 14 or newer; one statement a commit, shared by the callers
 * that come at the same time.
 *
 * @example
 * const store = createPostgresStore({ connectionString: 'postgres://localhost/loops' })
 * await store.open()
 */
export function createPostgresStore({
  pool,
  connectionString,
  schema = 'loop_engine',
  connections = 4,
  maxBatch = 64,
  allowAsyncCommit = false,
  reconnects = 8,
  sleep = sleepReally,
}: PostgresStoreOptions): LoopStore {
  if (!/^[a-z_][a-z0-9_]{0,39}$/.test(schema)) {
    throw new LoopError('invalid_config', 'The schema of a postgres store is not a plain name.', {
      hint: 'Use at most 40 lower-case letters, digits and underscores.',
    })
  }
  const database = createDatabase({ pool, connectionString, connections, reconnects, sleep })
  const send = createCommitter({ database, schema, allowAsyncCommit, reconnects, sleep })
  const queue = createCommitQueue({ connections, maxBatch, send })

  return {
    contract: 'store/v1',
    name: 'postgres',
    durability: allowAsyncCommit ? 'process' : 'power',

    async open() {
      await checkServer(database, allowAsyncCommit)
      await migrate(database, schema)
    },
    async commit(plans) {
      for (const plan of plans) checkSequence(plan)
      const answers = await Promise.allSettled(plans.map((plan) => queue.add(plan)))
      return answers.map((answer) => {
        if (answer.status === 'rejected') throw answer.reason
        return answer.value
      })
    },
    ...createLedger(database, schema),
    ...createOutbox(database, schema),
    ...createLog(database, schema),
    async close() {
      await queue.close()
      await database.close()
    },
  }
}

/** A plan whose entries do not continue the run is a mistake of the caller. */
function checkSequence({ instance, entries, expectedVersion }: CommitPlan): void {
  const isNext = entries.every(({ seq }, index) => seq === expectedVersion + index + 1)
  if (isNext && instance.version === expectedVersion + entries.length) return
  throw new LoopError('invalid_input', 'The entries of a plan do not continue its run.', {
    details: { runId: instance.runId, expectedVersion },
  })
}

function sleepReally(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms)
  })
}
