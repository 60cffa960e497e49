import { digestOf, LoopError, type Channel, type LoopStore } from '@loop-engine/core'
import type { NoteSigner } from '@loop-engine/observability'
import { createIdentifiers, systemClock } from '@loop-engine/runtime'
import {
  createIntake,
  createLoopSystem,
  type Intake,
  type LoopSystem,
  type LoopSystemOptions,
} from '@loop-engine/sdk'

import { createAccess, type Access } from './access/access.ts'
import type { OidcOptions } from './access/oidc.ts'
import { createApp } from './app.ts'
import { createCallbacks, type CallbackOptions } from './callbacks.ts'
import { checkOptions } from './check-options.ts'
import { createDeadlines } from './deadlines.ts'
import { createEventLog } from './events/event-log.ts'
import { createStreamLimit } from './events/stream-limit.ts'
import { forSystem } from './for-system.ts'
import { listen, type Listening, type ListenOptions, type Timeouts } from './listen.ts'
import { createLogger, faultOf, type Logger } from './log.ts'
import { loginLink, type LoginOptions } from './login-link.ts'
import { originOf } from './public-url.ts'
import { createRateLimiter, type RateLimit } from './rate-limit.ts'
import type { Services } from './route.ts'
import { createSharedWork } from './shared-work.ts'

export interface LoopServerOptions extends Omit<
  LoopSystemOptions,
  'store' | 'identity' | 'channels' | 'onError'
> {
  readonly store: LoopStore
  /** Where digests of keys and sessions are kept; in memory when absent. */
  readonly accessPath?: string
  readonly oidc?: readonly OidcOptions[]
  /** Serves the Model Context Protocol at `/mcp`; clients may start the loops of these ids. */
  readonly mcp?: { readonly startable?: readonly string[] }
  /** Asked again at decision time; see the directory of the engine. */
  readonly directory?: NonNullable<LoopSystemOptions['identity']>['directory']
  /** Channels, or what makes them once decisions can be handed over. */
  readonly channels?: readonly Channel[] | ((intake: Intake) => readonly Channel[])
  /** Whom the server tells that an approval request was closed, when they ask for it as they open it. */
  readonly callbacks?: CallbackOptions
  /** The folder of a built console. */
  readonly console?: string
  /** How people reach the server, e.g. `https://loops.example.com`; where it listens by default. */
  readonly publicUrl?: string
  /** Signs exports. */
  readonly signer?: NoteSigner
  readonly logger?: Logger
  readonly maxBodyBytes?: number
  readonly requestTimeoutMs?: number
  readonly timeouts?: Partial<Timeouts>
  readonly rateLimit?: RateLimit
  /** For callers without a credential that is accepted, by address. */
  readonly strangerLimit?: RateLimit
  readonly trustedProxies?: number
  readonly sessionMs?: number
  readonly stream?: {
    readonly heartbeatMs?: number
    readonly stallMs?: number
    readonly perCredential?: number
  }
}

export interface LoopServer {
  /** The engine that is served, for code in this process. */
  readonly system: LoopSystem
  readonly keys: Access['keys']
  /** Answers a request without a socket. */
  fetch(request: Request): Promise<Response>
  listen(options?: ListenOptions): Promise<Listening>
  /** A link that logs a person in once; whoever has it is that person. */
  loginLink(options: LoginOptions): string
  /** Ends streams, lets requests in progress finish for up to `drainMs`, then closes the store. */
  close(options?: { readonly drainMs?: number }): Promise<void>
}

/** Opens the store and makes everything that is served; `listen` opens the door. */
export async function createLoopServer(options: LoopServerOptions): Promise<LoopServer> {
  const opened: (() => unknown)[] = []
  try {
    return await assemble(options, opened)
  } catch (error) {
    // Nothing goes on working for a server that there is not.
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
    store,
    loops,
    clock = systemClock,
    logger = createLogger({}),
    ids = createIdentifiers(),
  } = options
  const origins = options.publicUrl === undefined ? [] : [originOf(options.publicUrl)]
  const report = (error: unknown): void =>
    logger.error({ fault: faultOf(error) }, 'background failure')
  const access = createAccess({
    path: options.accessPath ?? ':memory:',
    oidc: options.oidc ?? [],
    clock,
  })
  opened.push(access.close)
  const made: { system?: LoopSystem } = {}
  const systemOnce = (): LoopSystem => {
    if (made.system) return made.system
    throw new LoopError('unavailable', 'The server is still starting.', { retryable: true })
  }
  const intake = createIntake({
    authority: access.authority,
    approvals: { decide: (decision) => systemOnce().approvals.decide(decision) },
  })
  const named =
    typeof options.channels === 'function' ? options.channels(intake) : (options.channels ?? [])
  const callbacks = options.callbacks && createCallbacks(options.callbacks)
  const channels = callbacks ? [...named, callbacks.channel] : named
  const { directory } = options
  const system = await createLoopSystem({
    ...forSystem(options),
    channels,
    clock,
    identity: { mode: 'verified', authority: access.authority, ...(directory && { directory }) },
    onError: report,
  })
  opened.push(system.close)
  made.system = system
  const draining = new AbortController()
  const now = (): number => clock.now()
  const services: Services = {
    system,
    store,
    loops,
    definitions: new Map(loops.map((loop) => [digestOf(loop), loop])),
    access,
    events: createEventLog({ store, system, clock, onError: report }),
    callbacks,
    metrics: createSharedWork(now, 5000),
    reports: createSharedWork(now, 0),
    signer: options.signer,
    clock,
    now,
    origins,
    secureCookies: origins[0]?.startsWith('https:') ?? false,
    sessionMs: options.sessionMs ?? 8 * 3_600_000,
    draining: draining.signal,
    streams: createStreamLimit(options.stream?.perCredential ?? 20, 2000),
    stream: {
      heartbeatMs: options.stream?.heartbeatMs ?? 15_000,
      stallMs: options.stream?.stallMs ?? 30_000,
    },
  }
  // Loaded for those who ask: no other server needs the protocol's library.
  const mcp = options.mcp
    ? (await import('@loop-engine/integration-mcp')).createMcpServer({
        ...system,
        loops,
        origins,
        startable: options.mcp.startable ?? [],
        authority: access.authority,
        maxBytes: options.maxBodyBytes ?? 1_048_576,
        onError: report,
      })
    : undefined
  const app = createApp({
    mcp,
    telemetry: options.telemetry,
    services,
    logger,
    ids,
    channels,
    console: options.console,
    maxBodyBytes: options.maxBodyBytes ?? 1_048_576,
    deadlines: createDeadlines(clock, options.requestTimeoutMs ?? 30_000),
    trustedProxies: options.trustedProxies ?? 0,
    limits: {
      principal: createRateLimiter(options.rateLimit ?? { burst: 2000, perSecond: 500 }, now),
      stranger: createRateLimiter(options.strangerLimit ?? { burst: 20, perSecond: 0.5 }, now),
    },
    ready: () => store.logHead('default').then(Boolean, () => false),
  })
  const doors: Listening[] = []
  let closing: Promise<void> | undefined

  async function close(drainMs: number): Promise<void> {
    draining.abort()
    await Promise.all(doors.map((door) => door.close(drainMs)))
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
      const door = await listen(app.fetch, where, options.timeouts ?? {}, clock)
      doors.push(door)
      origins.push(door.url, `http://localhost:${door.port}`)
      return door
    },
    loginLink: (login) => loginLink(login, { access, origin: origins[0], now: now() }),
    close: ({ drainMs = 10_000 } = {}) => (closing ??= close(drainMs)),
  }
}
