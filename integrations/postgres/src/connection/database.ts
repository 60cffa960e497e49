import { LoopError } from '@loop-engine/core'
import type { Client, PoolClient, QueryResult } from 'pg'

import { createConnections, pause, type ConnectionsOptions } from './connections.ts'
import {
  isLost,
  isRolledBack,
  readOnly,
  sqlState,
  translate,
  unreachable,
} from './postgres-error.ts'

/** One text has one name for ever: servers and poolers keep prepared statements by it. */
export interface Statement {
  readonly name: string
  readonly text: string
}

/** Makes statements whose names begin with the schema, because another store uses the same names. */
export function statementsOf(schema: string): (name: string, text: string) => Statement {
  return (name, text) => ({ name: `${schema}.${name}`, text })
}

/** The longest time of a timer, 24 days. The driver would replace 0 by the limit of the pool. */
const anyTimeMs = 2 ** 31 - 1

/** Several statements on one connection. */
export type Session = (text: string) => Promise<readonly Record<string, unknown>[]>

/** A pool whose failures are LoopErrors that quote neither the connection string nor a row. */
export interface Database {
  /** Runs a statement that may run twice: retries if the connection is lost. */
  read<Row>(statement: Statement, values: readonly unknown[]): Promise<readonly Row[]>
  /** Runs a statement at most once: retries until there is a connection; losing it on the way is `unknown_outcome`. */
  write<Row>(statement: Statement, values: readonly unknown[]): Promise<readonly Row[]>
  /** Like `write`, but returns how many rows were inserted or changed. */
  change(statement: Statement, values: readonly unknown[]): Promise<number>
  /** Runs several statements without a time limit: with one, making an index of a large table would begin anew for ever. */
  transaction<Answer>(work: (session: Session) => Promise<Answer>): Promise<Answer>
  /** Runs a statement that may as well be lost: once, and without failing. */
  tell(statement: Statement, values: readonly unknown[]): Promise<void>
  /** A connection of its own, beside the pool; the caller ends it. */
  open(connectionString?: string): Promise<Client>
  close(): Promise<void>
}

export function createDatabase(options: ConnectionsOptions): Database {
  const { maxReconnects, sleep } = options
  const connections = createConnections(options)

  const connect = async (once = false): Promise<PoolClient> => {
    try {
      return await connections.take(once)
    } catch (cause) {
      throw unreachable(cause, connections.address)
    }
  }
  const use = async <Answer>(
    work: (client: PoolClient) => Promise<Answer>,
    once = false,
  ): Promise<Answer> => {
    const client = connections.takeReady() ?? (await connect(once))
    let broken = false
    try {
      connections.hasWarned(client)
      const answer = await work(client)
      if (connections.hasWarned(client)) throw unreplicated()
      return answer
    } catch (cause) {
      const isStandby = sqlState(cause) === readOnly
      if (isStandby) connections.turnAway()
      broken = isStandby || isLost(cause)
      throw translate(cause, isLost(cause) ? 'unknown_outcome' : 'unavailable')
    } finally {
      connections.giveBack(client, broken)
    }
  }
  const query =
    ({ name, text }: Statement, values: readonly unknown[]) =>
    (client: PoolClient): Promise<QueryResult> =>
      client.query({ name, text, values: values as unknown[] }) // pg only reads them
  const run = async (statement: Statement, values: readonly unknown[]): Promise<QueryResult> => {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await use(query(statement, values))
      } catch (error) {
        // After a deadlock or a serialization failure all was rolled back, and a standby did nothing.
        if (attempt >= maxReconnects || !isRolledBack(error)) throw error
        if (sqlState(error) === readOnly) await sleep(pause(attempt))
      }
    }
  }
  const write: Database['write'] = async <Row>(
    statement: Statement,
    values: readonly unknown[],
  ) => {
    const { rows } = await run(statement, values)
    return rows as readonly Row[]
  }

  return {
    write,
    async change(statement, values) {
      const { rowCount } = await run(statement, values)
      return rowCount ?? 0
    },
    async read<Row>(statement: Statement, values: readonly unknown[]) {
      for (let attempt = 0; ; attempt += 1) {
        try {
          return await write<Row>(statement, values)
        } catch (error) {
          const isUnknown = error instanceof LoopError && error.code === 'unknown_outcome'
          if (!isUnknown) throw error
          // Nothing was changed, so nothing is unknown.
          if (attempt >= maxReconnects) throw translate(error.cause, 'unavailable')
          await sleep(pause(attempt))
        }
      }
    },
    async transaction(work) {
      return use(async (client) => {
        const session: Session = async (text) => {
          const patient = { text, query_timeout: anyTimeMs } // which the types of the driver do not know
          return (await client.query<Record<string, unknown>>(patient)).rows
        }
        await session('BEGIN')
        try {
          const answer = await work(session)
          await session('COMMIT')
          return answer
        } catch (error) {
          if (!isLost(error)) await session('ROLLBACK')
          throw error
        }
      })
    },
    async tell(statement, values) {
      await use(query(statement, values), true).catch(ignore)
    },
    open: (connectionString) => connections.open(connectionString),
    close: () => connections.close(),
  }
}

/** The server gave up waiting for its standby, so the commit may be lost if the server is. */
function unreplicated(): LoopError {
  const message = 'Postgres committed without waiting for its standby.'
  return new LoopError('unknown_outcome', message, { plugin: 'postgres', retryable: true })
}

function ignore(): void {
  // Those who should have heard of it poll anyway.
}
