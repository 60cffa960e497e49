import {
  checkSequence,
  LoopError,
  type LoopStore,
  type PostedMessage,
  type StoreRecipe,
} from '@loop-engine/core'

import { checkOptions } from './check-options.ts'
import { createCommit, type Commit } from './commit/commit.ts'
import { createWriter, type Writer } from './commit/writer.ts'
import { createCheckpoints, type Checkpoints } from './connection/checkpoints.ts'
import { connect, type Connection } from './connection/connection.ts'
import { isBusy, translate, translateOpen } from './connection/sqlite-error.ts'
import { createTurns } from './connection/turns.ts'
import { createLog, readUnlogged, type Log } from './log.ts'
import { createKeepMessage } from './outbox/keep-message.ts'
import { createOutbox, type Outbox } from './outbox/outbox.ts'
import { createReads, type Reads } from './reads.ts'
import { createUpkeep, type Upkeep } from './upkeep.ts'

export interface SqliteStoreOptions {
  /** The file; created when it does not exist, unless it must. */
  readonly path: string
  /** Whether `open` refuses what holds no tables of this version, instead of making or upgrading them. */
  readonly mustExist?: boolean
  /** What an acknowledged commit survives: a power cut, or a crash of the process. */
  readonly durability?: 'power' | 'process'
  /** How long to wait for other processes that write, before a call is `unavailable`. */
  readonly busyTimeoutMs?: number
}

/** What exists while the file is open. */
interface Session {
  readonly connection: Connection
  readonly checkpoints: Checkpoints
  readonly commit: Commit
  readonly keepMessage: (posted: PostedMessage) => boolean
  readonly log: Log
  readonly outbox: Outbox
  readonly reads: Reads
  readonly upkeep: Upkeep
  readonly writer: Writer
}

/**
 * Keeps everything in one SQLite file. Several processes may open the same file.
 *
 * @example
 * const store = createSqliteStore({ path: 'loops.db' })
 * await store.open()
 */
export function createSqliteStore(given: SqliteStoreOptions): LoopStore {
  checkOptions(given)
  const { path, durability = 'power', busyTimeoutMs = 5000, mustExist = false } = given
  const options = { path, durability, busyTimeoutMs, mustExist }
  let session: Session | null = null
  let closing: Promise<void> | null = null
  const untilTurn = createTurns()

  const patiently = async <Result>(work: () => Result): Promise<Result> => {
    const start = performance.now()
    for (;;) {
      try {
        return work()
      } catch (error) {
        if (!isBusy(error) || performance.now() - start > busyTimeoutMs) throw translate(error)
      }
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  const live = (): Session => {
    if (closing !== null) throw new LoopError('closed', 'The SQLite store was closed.')
    if (session !== null) return session
    throw new LoopError('closed', 'The SQLite store is not open.', { hint: 'Await open() first.' })
  }
  const read = async <Result>(work: (opened: Session) => Result): Promise<Result> => {
    for (let wait = untilTurn(); wait; wait = untilTurn()) await wait
    // Not checked before this line: the store may have been closed before its turn came.
    return patiently(() => work(live()))
  }
  const write = async <Result>(work: (opened: Session) => Result): Promise<Result> => {
    const opened = live()
    return opened.writer.write(() => work(opened))
  }
  const shut = async (): Promise<void> => {
    if (session === null) return
    const { writer, checkpoints, connection } = session
    await writer.drain()
    await checkpoints.close()
    connection.close()
    session = null
  }

  return {
    contract: 'store/v1',
    name: 'sqlite',
    durability,
    get recipe() {
      return session ? recipeOf({ ...options, path: session.connection.path }) : undefined
    },

    async open() {
      if (closing !== null) throw new LoopError('closed', 'The SQLite store was closed.')
      if (session !== null) return
      await patiently(() => {
        try {
          session ??= start(options)
        } catch (error) {
          throw isBusy(error) ? error : translateOpen(error, path)
        }
      })
    },
    async commit(plans) {
      const { commit, writer } = live()
      for (const plan of plans) checkSequence(plan)
      const taken = [...plans]
      return writer.write(() => taken.map(commit))
    },

    get: (...query) => read(({ reads }) => reads.get(...query)),
    getRun: (...query) => read(({ reads }) => reads.getRun(...query)),
    find: (query) => read(({ reads }) => reads.find(query)),
    entries: (...query) => read(({ reads }) => reads.entries(...query)),
    lastExecuted: (...query) => read(({ reads }) => reads.lastExecuted(...query)),
    approval: (...query) => read(({ reads }) => reads.approval(...query)),
    approvals: (query) => read(({ reads }) => reads.approvals(query)),
    keepMessage: (posted) => write(({ keepMessage }) => keepMessage(posted)),
    idempotency: (...query) => read(({ reads }) => reads.idempotency(...query)),
    counter: (...query) => read(({ reads }) => reads.counter(...query)),
    spentBy: (...query) => read(({ reads }) => reads.spentBy(...query)),
    stops: () => read(({ reads }) => reads.stops()),

    putDefinition: (digest, text) => write(({ upkeep }) => upkeep.putDefinition(digest, text)),
    definition: (digest) => read(({ reads }) => reads.definition(digest)),

    delivery: (...query) => read(({ reads }) => reads.delivery(...query)),
    async claim(query) {
      // Polling an idle outbox takes no lock.
      if (!(await read(({ outbox }) => outbox.hasWork(query.now)))) return []
      return write(({ outbox }) => outbox.claim(query))
    },
    settle: (settlements) => write(({ outbox }) => settlements.map(outbox.settle)),
    extend: (leases, until) =>
      write(({ outbox }) => leases.map((lease) => outbox.extend(lease, until))),
    nextDueAt: () => read(({ outbox }) => outbox.nextDueAt()),
    deadLetters: (query) => read(({ outbox }) => outbox.deadLetters(query)),
    revive: (...letter) => write(({ outbox }) => outbox.revive(...letter)),

    logHead: (tenant) => read(({ log }) => log.head(tenant)),
    unlogged: (tenant, limit) =>
      readUnlogged(
        limit,
        (...stretch) => read(({ log }) => log.look(tenant, ...stretch)),
        (through) => write(({ log }) => log.sweep(tenant, through)),
      ),
    appendLog: (tenant, plan) => write(({ log }) => log.append(tenant, plan)),
    signLog: (tenant, head, note) => write(({ log }) => log.sign(tenant, head, note)),
    leaves: (tenant, range) => read(({ log }) => log.leaves(tenant, range)),
    leavesOf: (tenant, runId, range) => read(({ log }) => log.leavesOf(tenant, runId, range)),

    async prune(before) {
      for (let pruned = 0; ;) {
        const some = await write(({ upkeep }) => upkeep.prune(before))
        if (some === 0) return pruned
        pruned += some
      }
    },
    close: () => (closing ??= shut()),
  }
}

/** Names the package and not this file, because in a bundle this file is the whole program, which a thread must not run. */
function recipeOf(options: Required<SqliteStoreOptions>): StoreRecipe | undefined {
  try {
    const module = import.meta.resolve('@loop-engine/integration-sqlite')
    return { module, create: 'createSqliteStore', options: { ...options, mustExist: true } }
  } catch {
    // The package is not installed beside the program, so no thread can load it.
    return undefined
  }
}

function start(options: Required<SqliteStoreOptions>): Session {
  const connection = connect(options)
  const checkpoints = createCheckpoints(connection, options)
  const outbox = createOutbox(connection)
  const reads = createReads(connection)
  return {
    connection,
    checkpoints,
    outbox,
    commit: createCommit(connection, outbox, reads),
    keepMessage: createKeepMessage(connection, outbox),
    log: createLog(connection),
    reads,
    upkeep: createUpkeep(connection),
    writer: createWriter({ ...options, connection, afterCommit: checkpoints.consider }),
  }
}
