import { LoopError, type Clock, type StoreChange } from '@loop-engine/core'
import type { Client } from 'pg'

import { pause } from '../connection/connections.ts'
import { listening as lock, readNotice } from './notice.ts'

interface ListenerOptions {
  /** A new connection of its own, each time: LISTEN belongs to a session. */
  readonly connect: () => Promise<Client>
  readonly channel: string
  readonly self: string
  readonly sleep: Clock['sleep']
}

interface Listener {
  watch(onChange: (change: StoreChange) => void): Promise<() => Promise<void>>
  close(): Promise<void>
}

interface Listening {
  readonly stop: AbortController
  /** Resolves when the first attempt to listen has succeeded or failed. */
  readonly tried: Promise<void>
  readonly over: Promise<void>
}

const goodbyeMs = 1000

/** One connection that listens while anybody watches, and comes back when it is lost. */
export function createListener({ connect, channel, self, sleep }: ListenerOptions): Listener {
  const watchers = new Set<{ readonly onChange: (change: StoreChange) => void }>()
  let listening: Listening | null = null
  let closed = false

  const tell = (change: StoreChange): void => {
    for (const { onChange } of watchers) onChange(change)
  }

  function start(): Listening {
    const stop = new AbortController()
    const { promise: tried, resolve } = Promise.withResolvers<void>()
    return { stop, tried, over: keepListening(stop.signal, resolve) }
  }

  async function keepListening(signal: AbortSignal, tried: () => void): Promise<void> {
    for (let failures = 0, isFirst = true; !signal.aborted; isFirst = false) {
      const heard = await listenOnce(signal, () => {
        tried()
        failures = 0
        // Notifications were missed while nobody listened.
        if (!isFirst) tell({ outbox: true })
      })
      tried()
      if (heard || signal.aborted) continue
      await sleep(pause(failures), signal)
      failures += 1
    }
  }

  /** Listens until the connection is lost; returns whether there was one. */
  async function listenOnce(signal: AbortSignal, onListening: () => void): Promise<boolean> {
    let client: Client
    try {
      client = await connect()
    } catch {
      return false // Polling goes on meanwhile; the store's own calls report that the server is away.
    }
    const { promise: lost, resolve: lose } = Promise.withResolvers<void>()
    const onAbort = (): void => lose()
    client.on('error', () => lose())
    client.on('end', () => lose())
    if (signal.aborted) lose()
    signal.addEventListener('abort', onAbort)
    client.on('notification', ({ payload = '' }) => {
      const { sender, outbox } = readNotice(payload)
      if (sender !== self) tell({ outbox })
    })
    try {
      await Promise.race([listen(client, channel), lost])
      onListening()
      await lost
      return true
    } catch {
      return false
    } finally {
      signal.removeEventListener('abort', onAbort)
      await leave(client)
    }
  }

  /** Says goodbye, and waits for no answer from a server that gives none. */
  async function leave(client: Client): Promise<void> {
    const left = new AbortController()
    const leaving = client.end().finally(() => left.abort())
    await Promise.race([leaving, sleep(goodbyeMs, left.signal)]).catch(ignore) // it is gone already
    client.connection.stream.destroy()
  }

  const end = async (): Promise<void> => {
    const ending = listening
    listening = null
    ending?.stop.abort()
    await ending?.over
  }

  return {
    async watch(onChange) {
      if (closed) throw new LoopError('closed', 'The postgres store was closed.')
      const watcher = { onChange }
      watchers.add(watcher)
      listening ??= start()
      await listening.tried
      return async () => {
        watchers.delete(watcher)
        if (watchers.size === 0) await end()
      }
    },
    async close() {
      closed = true
      watchers.clear()
      await end()
    },
  }
}

/** Takes the lock that says that somebody listens, until the session ends, and listens. */
async function listen(client: Client, channel: string): Promise<void> {
  await client.query(`SELECT pg_advisory_lock_shared(${lock}, hashtext($1))`, [channel])
  await client.query(`LISTEN "${channel}"`)
}

function ignore(): void {}
