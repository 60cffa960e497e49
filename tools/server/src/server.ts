import { digestOf } from '@loop-engine/core'
import { createIdentifiers, systemClock } from '@loop-engine/runtime'
import type { LoopSystem } from '@loop-engine/sdk'

import { createAccess, type Access } from './access/access.ts'
import { createApp } from './app.ts'
import { createEventLog } from './events/event-log.ts'
import { createStreamLimit } from './events/stream-limit.ts'
import { createDeadlines } from './http/deadlines.ts'
import { listen, type Listening, type ListenOptions } from './http/listen.ts'
import { createRateLimiter } from './http/rate-limit.ts'
import { createLogger, faultOf } from './log.ts'
import { loginLink, type LoginOptions } from './login-link.ts'
import { openSystem } from './open-system.ts'
import { checkOptions, type LoopServerOptions } from './options.ts'
import { originOf } from './public-url.ts'
import type { Services } from './routes/route.ts'
import { createSharedWork } from './shared-work.ts'

export interface LoopServer {
  /** The engine that is served, for code in this process. */
  readonly system: LoopSystem
  readonly keys: Access['keys']
  /** Answers a request without a socket. */
  fetch(request: Request): Promise<Response>
  listen(options?: ListenOptions): Promise<Listening>
  /** A link that logs a person in once. Whoever opens it acts as that person. */
  loginLink(options: LoginOptions): string
  /** Ends streams, lets requests in progress finish for up to `drainMs`, then closes the store. */
  close(options?: { readonly drainMs?: number }): Promise<void>
}

/** Opens the store and makes everything that is served. Nothing is reachable over the network until `listen`. */
export async function createLoopServer(options: LoopServerOptions): Promise<LoopServer> {
  const opened: (() => unknown)[] = []
  try {
    return await assemble(options, opened)
  } catch (error) {
    // If the server cannot be made, everything that was opened for it is closed.
    for (const close of opened.toReversed()) await close()
    throw error
  }
}

async function assemble(
  options: LoopServerOptions,
  opened: (() => unknown)[],
): Promise<LoopServer> {
  checkOptions(options)
  const {
    accessPath,
    oidc = [],
    mcp: mcpOptions,
    console: consoleFolder,
    publicUrl,
    signer,
    logger = createLogger({}),
    maxBodyBytes = 1_048_576,
    requestTimeoutMs = 30_000,
    timeouts = {},
    rateLimit = { burst: 2000, perSecond: 500 },
    strangerLimit = { burst: 20, perSecond: 0.5 },
    trustedProxies = 0,
    sessionTtlMs = 8 * 3_600_000,
    stream: { perCredential = 20, heartbeatMs = 15_000, stallMs = 30_000 } = {},
    // Options of the system that is served.
    ...forSystem
  } = options
  const { store, loops, telemetry, clock = systemClock, ids = createIdentifiers() } = forSystem
  const report = (error: unknown): void =>
    logger.error({ fault: faultOf(error) }, 'background failure')
  const origins = publicUrl === undefined ? [] : [originOf(publicUrl)]
  const access = createAccess({ path: accessPath ?? ':memory:', oidc, clock })
  opened.push(access.close)
  const { system, channels, callbacks } = await openSystem(
    { ...forSystem, clock, onError: report },
    access.authority,
  )
  opened.push(system.close)

  const draining = new AbortController()
  // Well before the deadline of the request, and before the time limits of proxies on the way.
  const patienceMs = Math.min(10_000, requestTimeoutMs / 2)
  const services: Services = {
    system,
    store,
    loops,
    definitions: new Map(loops.map((loop) => [digestOf(loop), loop])),
    access,
    events: createEventLog({ store, system, clock, onError: report }),
    callbacks,
    metrics: createSharedWork({ clock, patienceMs, freshMs: 5000 }),
    reports: createSharedWork({ clock, patienceMs, freshMs: 0 }),
    signer,
    logger,
    clock,
    origins,
    secureCookies: origins[0]?.startsWith('https:') ?? false,
    sessionTtlMs,
    draining: draining.signal,
    streams: createStreamLimit(perCredential, 2000),
    stream: { heartbeatMs, stallMs },
  }
  // Imported only if it is asked for: other servers do not need the library of the protocol.
  const mcp =
    mcpOptions &&
    (await import('@loop-engine/integration-mcp')).createMcpServer({
      system,
      loops,
      origins,
      startable: mcpOptions.startable ?? [],
      authority: access.authority,
      maxBytes: maxBodyBytes,
      onError: report,
    })
  const app = createApp({
    mcp,
    telemetry,
    services,
    logger,
    ids,
    channels,
    console: consoleFolder,
    maxBodyBytes,
    deadlines: createDeadlines(clock, requestTimeoutMs),
    trustedProxies,
    limits: {
      principal: createRateLimiter(rateLimit, clock),
      stranger: createRateLimiter(strangerLimit, clock),
    },
    ready: () => store.logHead('default').then(Boolean, () => false),
  })
  const doors: Listening[] = []
  let closing: Promise<void> | undefined

  async function close(options: { readonly drainMs?: number }): Promise<void> {
    draining.abort()
    await Promise.all(doors.map((door) => door.close(options)))
    await mcp?.close()
    await services.events.close()
    await system.close()
    access.close()
  }

  return {
    system,
    keys: access.keys,
    fetch: async (request) => app.fetch(request),
    async listen(where = {}) {
      const door = await listen(app.fetch, where, timeouts, clock)
      doors.push(door)
      origins.push(door.url, `http://localhost:${door.port}`)
      return door
    },
    loginLink: (login) => loginLink(login, { access, origin: origins[0], now: clock.now() }),
    close: (options = {}) => (closing ??= close(options)),
  }
}
