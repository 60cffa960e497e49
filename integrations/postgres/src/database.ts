import { LoopError, type Clock } from '@loop-engine/core'
import pg, { type Pool, type PoolClient } from 'pg'

/** One text has one name for ever: servers and poolers keep prepared statements by it. */
export interface Statement {
  readonly name: string
  readonly text: string
}

export interface DatabaseOptions {
  readonly pool?: Pool
  readonly connectionString?: string
  readonly connections: number
  readonly reconnects: number
  readonly sleep: Clock['sleep']
}

/** Several statements on one connection. */
export type Session = (text: string) => Promise<readonly Record<string, unknown>[]>

/** A pool whose failures are LoopErrors that quote neither the connection string nor a row. */
export interface Database {
  /** Runs what may safely run twice: a lost connection is retried. */
  read<Row>(statement: Statement, values: readonly unknown[]): Promise<readonly Row[]>
  /** Runs at most once: a connection lost on the way is `unknown_outcome`, one never had is retried. */
  write<Row>(statement: Statement, values: readonly unknown[]): Promise<readonly Row[]>
  transaction<Answer>(run: (session: Session) => Promise<Answer>): Promise<Answer>
  close(): Promise<void>
}

export function createDatabase({ pool, ...options }: DatabaseOptions): Database {
  const { connectionString, connections, reconnects, sleep } = options
  if (pool === undefined && connectionString === undefined) {
    throw new LoopError('invalid_config', 'The postgres store needs a pool or a connectionString.')
  }
  const owned = pool === undefined
  const source =
    pool ??
    new pg.Pool({
      connectionString,
      max: connections * 2, // as many again for reads, which never wait behind commits
      idleTimeoutMillis: 0,
      connectionTimeoutMillis: 5_000,
      query_timeout: 30_000,
      keepAlive: true,
      application_name: 'loop-engine',
    })
  // A broken idle connection is replaced when it is needed; unheard, it would end the process.
  source.on('error', ignore)
  // The same while a client is handed over, or thrown away: an error may come at any moment of its life.
  source.on('connect', (client) => client.on('error', ignore))
  let closed = false

  const connect = async (): Promise<PoolClient> => {
    for (let attempt = 0; ; attempt += 1) {
      if (closed) throw new LoopError('closed', 'The postgres store was closed.')
      try {
        return await source.connect()
      } catch (cause) {
        if (attempt >= reconnects || isFatalForever(cause)) throw translate(cause, 'unavailable')
        await sleep(pause(attempt))
      }
    }
  }
  const use = async <Answer>(run: (client: PoolClient) => Promise<Answer>): Promise<Answer> => {
    const client = await connect()
    let broken = false
    try {
      return await run(client)
    } catch (cause) {
      broken = isLost(cause)
      throw translate(cause, broken ? 'unknown_outcome' : 'unavailable')
    } finally {
      client.release(broken)
    }
  }
  const write: Database['write'] = async <Row>(
    statement: Statement,
    values: readonly unknown[],
  ) => {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await use(async (client) => {
          const { rows } = await client.query({ ...statement, values: [...values] })
          return rows as readonly Row[]
        })
      } catch (error) {
        // A deadlock or a serialization failure was rolled back whole.
        if (attempt >= reconnects || !isRolledBack(error)) throw error
      }
    }
  }

  return {
    write,
    async read<Row>(statement: Statement, values: readonly unknown[]) {
      for (let attempt = 0; ; attempt += 1) {
        try {
          return await write<Row>(statement, values)
        } catch (error) {
          const isUnknown = error instanceof LoopError && error.code === 'unknown_outcome'
          if (!isUnknown) throw error
          // Nothing was changed, so nothing is unknown.
          if (attempt >= reconnects) throw translate(error.cause, 'unavailable')
          await sleep(pause(attempt))
        }
      }
    },
    async transaction(run) {
      return use(async (client) => {
        const session: Session = async (text) =>
          (await client.query<Record<string, unknown>>(text)).rows
        await session('BEGIN')
        try {
          const answer = await run(session)
          await session('COMMIT')
          return answer
        } catch (error) {
          if (!isLost(error)) await session('ROLLBACK')
          throw error
        }
      })
    },
    async close() {
      closed = true
      source.off('error', ignore)
      if (owned && !source.ended) {
        source.on('error', ignore)
        await source.end()
      }
    },
  }
}

/** Milliseconds before the next attempt: 25, 50, 100, … at most 1.6 s. */
export function pause(attempt: number): number {
  return 25 * 2 ** Math.min(attempt, 6)
}

/** The SQLSTATE of the server's refusal, however it was wrapped; null when the server gave none. */
export function sqlState(error: unknown): string | null {
  if (error instanceof LoopError) return sqlState(error.cause)
  if (!(error instanceof Error) || !('code' in error)) return null
  return typeof error.code === 'string' && /^[0-9A-Z]{5}$/.test(error.code) ? error.code : null
}

/** Whether a constraint of this name refused the statement. */
export function violates(error: unknown, constraint: string): boolean {
  const cause = error instanceof LoopError ? error.cause : error
  return cause instanceof Error && 'constraint' in cause && cause.constraint === constraint
}

/** Whether the connection went away before the server's last word: what was sent may have happened. */
function isLost(error: unknown): boolean {
  if (error instanceof LoopError) return error.code === 'unknown_outcome'
  const state = sqlState(error)
  return (
    state === null || state.startsWith('57P0') || state.startsWith('08') || state.startsWith('XX')
  )
}

function isRolledBack(error: unknown): boolean {
  const state = sqlState(error)
  return state === '40001' || state === '40P01'
}

/** Waiting does not help against a wrong password or a missing database. */
function isFatalForever(error: unknown): boolean {
  const state = sqlState(error)
  return state !== null && (state.startsWith('28') || state.startsWith('3D'))
}

/** The server's own message may quote rows, so that only its code and its constraint go on. */
function translate(error: unknown, code: 'unavailable' | 'unknown_outcome'): LoopError {
  if (error instanceof LoopError) return error
  const state = sqlState(error)
  const cause = Object.assign(new Error(`PostgreSQL answered ${state ?? 'nothing'}.`), {
    ...(state !== null && { code: state }),
    ...(error instanceof Error && 'constraint' in error && { constraint: error.constraint }),
  })
  const details = { sqlState: state }
  const plugin = 'postgres'
  if (state === 'LE002') {
    return new LoopError(
      'invalid_config',
      'The postgres session does not keep what it acknowledges.',
      {
        hint: 'Use read committed and synchronous_commit = on, or pass allowAsyncCommit.',
        plugin,
        details,
        cause,
      },
    )
  }
  if (code === 'unknown_outcome') {
    const message = 'The connection to postgres was lost before its answer came.'
    return new LoopError(code, message, { plugin, details, cause, retryable: true })
  }
  if (state?.startsWith('22')) {
    return new LoopError('invalid_input', 'Postgres cannot store one of the values.', {
      plugin,
      details,
      cause,
    })
  }
  const message = 'The postgres store did nothing.'
  return new LoopError(code, message, { plugin, details, cause, retryable: true })
}

function ignore(): void {
  // The call that uses the connection reports it.
}
