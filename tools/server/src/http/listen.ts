import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

import { getRequestListener } from '@hono/node-server'
import { LoopError, refuseStrayKeys, type Clock, type KnownKeys } from '@loop-engine/core'

type Fetch = Parameters<typeof getRequestListener>[0]

export interface ListenOptions {
  readonly port?: number
  readonly host?: string
}

const whereKeys: KnownKeys<ListenOptions> = { port: true, host: true }

export interface Listening {
  readonly url: string
  readonly port: number
  /** Accepts no more connections, lets requests in progress finish for up to `drainMs`, and then cuts them off. */
  close(options?: { readonly drainMs?: number }): Promise<void>
}

export interface Timeouts {
  /** How long a connection may stand still in both directions; 60,000 by default. */
  readonly idleMs: number
  /** How long the head of a request may take; 10,000 by default. */
  readonly headersMs: number
  /** How long the whole request may take; 30,000 by default. */
  readonly requestMs: number
  /** How long a connection is kept open between requests; 5,000 by default. */
  readonly keepAliveMs: number
}

/** Listens with Node's own server. Its limits end connections that send nothing, or only a byte now and then. */
export async function listen(
  fetch: Fetch,
  where: ListenOptions,
  {
    headersMs = 10_000,
    requestMs = 30_000,
    keepAliveMs = 5000,
    idleMs = 60_000,
  }: Partial<Timeouts>,
  clock: Clock,
): Promise<Listening> {
  refuseStrayKeys(where, whereKeys, { what: 'server.listen', code: 'invalid_config' })
  const { port = 4777, host = '127.0.0.1' } = where
  const answer = getRequestListener(fetch, { overrideGlobalObjects: false })
  const server = createServer(
    {
      headersTimeout: headersMs,
      requestTimeout: requestMs,
      keepAliveTimeout: keepAliveMs,
      connectionsCheckingInterval: Math.min(headersMs, requestMs, 5000),
      maxHeaderSize: 16_384,
      requireHostHeader: true,
    },
    (incoming, outgoing) => void answer(incoming, outgoing),
  )
  server.maxHeadersCount = 100
  // Ends the connection of a client that asks for much and does not read the answer.
  server.setTimeout(idleMs)
  await opened(server, port, host)
  const address = server.address() as AddressInfo
  const shown = hostInUrl(address.address)
  return {
    port: address.port,
    url: `http://${shown}:${address.port}`,
    async close({ drainMs = 10_000 } = {}) {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      const over = new AbortController()
      const late = clock.sleep(drainMs, over.signal)
      void closeWhatFallsIdle(server, clock, over.signal)
      await Promise.race([closed, late])
      over.abort()
      server.closeAllConnections()
      await closed
    },
  }
}

/** Closes connections as soon as they are idle, even if their clients would keep them. */
async function closeWhatFallsIdle(server: Server, clock: Clock, over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    server.closeIdleConnections()
    await clock.sleep(50, over)
  }
}

function opened(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => reject(refusalOf(cause, port, host)))
    server.listen(port, host, resolve)
  })
}

function refusalOf(cause: NodeJS.ErrnoException, port: number, host: string): LoopError {
  if (['ENOTFOUND', 'EAI_AGAIN', 'EADDRNOTAVAIL', 'EINVAL'].includes(cause.code ?? '')) {
    const message = `The server cannot listen at ${host} (${cause.code}).`
    const hint =
      'Name an address of this machine: 127.0.0.1 for this machine alone, 0.0.0.0 for everybody.'
    return new LoopError('invalid_config', message, { hint, cause })
  }
  const message = `The server cannot listen on port ${port} (${cause.code}).`
  const hint =
    cause.code === 'EACCES'
      ? 'Choose a port from 1024 on, or give this user the right to lower ports.'
      : 'Choose another port; 0 takes any free port.'
  return new LoopError('unavailable', message, { hint, cause })
}

/** The host for a URL: `localhost` for an address that means all addresses, which no browser can open. */
function hostInUrl(address: string): string {
  if (address === '0.0.0.0' || address === '::') return 'localhost'
  return address.includes(':') ? `[${address}]` : address
}
