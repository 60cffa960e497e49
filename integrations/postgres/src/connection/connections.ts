import { Socket } from 'node:net'

import { LoopError, type Clock } from '@loop-engine/core'
import pg, { type Client, type ClientConfig, type Pool, type PoolClient } from 'pg'

import { addressOf, splitHosts } from './hosts.ts'
import { createPlanAge } from './plan-age.ts'
import { isHopeless, standby } from './postgres-error.ts'

export interface ConnectionsOptions {
  readonly pool?: Pool
  /** May name several hosts: the one that accepts writes is used. */
  readonly connectionString?: string
  readonly connections: number
  /** Settings of every connection of an own pool, as `-c name=value`. */
  readonly sessionOptions?: string
  readonly maxReconnects: number
  readonly sleep: Clock['sleep']
}

/** Connections to whichever host accepts writes at the moment. */
interface Connections {
  /** The hosts, ports and database, for messages; nothing else of the connection string. */
  readonly address: string
  /** An idle connection, if there is one. */
  takeReady(): PoolClient | undefined
  /** Tries every host in turn, `maxReconnects` times with growing pauses, or only once. */
  take(once?: boolean): Promise<PoolClient>
  /** Takes back every client that was taken; closes a broken one. */
  giveBack(client: PoolClient, broken: boolean): void
  /** A connection beside the pool, which its caller keeps. */
  open(connectionString?: string): Promise<Client>
  /** Goes on to the next host, because this one accepts no writes. */
  turnAway(): void
  /** Whether the server has warned since the last call that a standby may not have a commit. */
  hasWarned(client: PoolClient): boolean
  close(): Promise<void>
}

export function createConnections(options: ConnectionsOptions): Connections {
  const { pool, connectionString, connections, maxReconnects, sleep } = options
  const shared = {
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
    application_name: 'loop-engine',
    query_timeout: 30_000,
    ...(options.sessionOptions !== undefined && { options: options.sessionOptions }),
  }
  const addresses = connectionString === undefined ? [] : splitHosts(connectionString)
  const hosts = addresses.map((address) => ({ connectionString: address, ...shared }))
  const address = addressOf(pool === undefined ? hosts : [pool.options])
  const pools =
    pool === undefined
      ? hosts.map(
          (host) =>
            new pg.Pool({
              ...host,
              max: connections * 2, // as many again for reads, which never wait behind commits
              idleTimeoutMillis: 0,
            }),
        )
      : [pool]
  const warned = new WeakSet<object>()
  const homes = new WeakMap<PoolClient, Pool>()
  const heard = new Set<PoolClient>()
  const hear = (client: PoolClient): void => {
    if (heard.has(client)) return
    heard.add(client)
    client.on('error', () => leave(client))
    client.on('end', () => {
      leave(client)
      heard.delete(client)
    })
    client.on('notice', ({ code }) => {
      if (code === '01000') warned.add(client)
    })
  }
  for (const source of pools) {
    // A broken idle connection is replaced when it is needed. Without a listener its error would end the process.
    source.on('error', ignore)
    // The pool does not listen while a client is handed over or thrown away, and an error may come at any moment.
    source.on('connect', hear)
  }
  let current = 0
  let closed = false
  // Idle clients of the current host, which are much cheaper to take than from a pool. Clients of the application's pool go
  // back to it.
  const ready: PoolClient[] = []
  const [planAge, renewing] = [createPlanAge(), new Set<PoolClient>()]
  /** Requests for a connection. A pool that is ended serves them no more, so `close` waits for them first. */
  const asked = new Set<Promise<PoolClient>>()

  const leave = (client: PoolClient): void => {
    const place = ready.indexOf(client)
    if (place === -1) return
    ready.splice(place, 1)
    client.release(true)
  }
  const turnAway = (): void => {
    for (const client of ready.splice(0)) client.release()
    current = (current + 1) % pools.length
  }
  const takeFrom = async (source: Pool): Promise<PoolClient> => {
    const asking = source.connect()
    asked.add(asking)
    const client = await asking.finally(() => asked.delete(asking))
    if (homes.has(client)) return client
    hear(client) // one of the application may have been connected before
    if (pools.length > 1 && !(await acceptsWrites(client))) {
      client.release(true)
      throw standby(address)
    }
    homes.set(client, source)
    return client
  }
  const putBack = (client: PoolClient, broken: boolean): void => {
    const home = homes.get(client)
    const isKept = home === pools[current] && home?.waitingCount === 0 && pool === undefined
    if (isKept && !broken && !closed) ready.push(client)
    else client.release(broken)
  }

  return {
    address,
    turnAway,
    takeReady: () => ready.pop(),
    async take(once = false) {
      for (let attempt = 0; ; attempt += 1) {
        const place = current
        const source = pools[place]
        if (closed || source === undefined)
          throw new LoopError('closed', 'The postgres store was closed.')
        const client = ready.pop()
        if (client) return client
        try {
          return await takeFrom(source)
        } catch (cause) {
          if (current === place) turnAway()
          const round = Math.floor(attempt / pools.length)
          if (once || round >= maxReconnects || isHopeless(cause)) throw cause
          if ((attempt + 1) % pools.length === 0) await sleep(pause(round))
        }
      }
    },
    giveBack(client, broken) {
      if (broken || closed || !planAge.isDue(client)) return putBack(client, broken)
      renewing.add(client)
      void planAge.renew(client).then((isWhole) => {
        renewing.delete(client)
        putBack(client, !isWhole)
      })
    },
    async open(other) {
      const host: ClientConfig | undefined =
        other === undefined
          ? (pool?.options ?? hosts[current])
          : { ...shared, connectionString: other }
      const client = new pg.Client(host)
      client.on('error', ignore)
      await client.connect()
      return client
    },
    hasWarned: (client) => warned.delete(client),
    async close() {
      closed = true
      for (const client of ready.splice(0)) client.release()
      if (pool === undefined) {
        // Nobody waits for what they are asked, which a silent server never answers.
        for (const { connection } of renewing) connection.stream.destroy()
        await Promise.allSettled(asked)
        await Promise.all(pools.map((own) => own.end()))
        // A server that never answers the goodbye must not keep the process alive.
        for (const { connection } of heard)
          if (connection.stream instanceof Socket) connection.stream.unref()
        return
      }
      pool.off('error', ignore)
      pool.off('connect', hear)
    },
  }
}

/** Milliseconds before the next attempt: 25, 50, 100, … at most 1.6 s. */
export function pause(attempt: number): number {
  return 25 * 2 ** Math.min(attempt, 6)
}

async function acceptsWrites(client: PoolClient): Promise<boolean> {
  try {
    const { rows } = await client.query<{ standby: boolean }>(
      "SELECT pg_is_in_recovery() OR current_setting('default_transaction_read_only')::boolean AS standby",
    )
    return rows[0]?.standby === false
  } catch {
    return false
  }
}

function ignore(): void {
  // The call that uses the connection reports it.
}
