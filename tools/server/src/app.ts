import { LoopError, type Channel, type Identifiers, type Telemetry } from '@loop-engine/core'
import type { LoopMcpServer } from '@loop-engine/integration-mcp'
import { Hono, type Context } from 'hono'

import { problemOf } from './http/problem.ts'
import { securityHeaders } from './http/security-headers.ts'
import { traceOf } from './http/trace.ts'
import { faultOf, type Logger } from './log.ts'
import { mountChannels } from './mounts/channels.ts'
import { mountConsole } from './mounts/console.ts'
import type { Environment } from './mounts/environment.ts'
import { mountMcp } from './mounts/mcp.ts'
import { mountRoutes, type MountOptions } from './mounts/mount-routes.ts'
import { openApiOf } from './routes/openapi.ts'
import { routes } from './routes/routes.ts'

export interface AppOptions extends MountOptions {
  readonly logger: Logger
  readonly ids: Identifiers
  readonly telemetry: Telemetry | undefined
  readonly channels: readonly Channel[]
  readonly mcp: LoopMcpServer | undefined
  /** The folder of a built console. */
  readonly console: string | undefined
  /** How many proxies in front of this server set X-Forwarded-For. */
  readonly trustedProxies: number
  readonly ready: () => Promise<boolean>
}

/** The whole server as one web-standard handler. */
export function createApp(options: AppOptions): Hono<Environment> {
  const { services, logger, ids, telemetry } = options
  const safe = securityHeaders(services.secureCookies)
  const app = new Hono<Environment>()
  app.use(async (context, next) => {
    const started = performance.now()
    context.set('requestId', ids.id())
    context.set('caller', callerOf(context, options.trustedProxies))
    const traceparent = context.req.raw.headers.get('traceparent')
    const serve = async (): Promise<{ status: number; route?: string }> => {
      // With telemetry the record names the span that telemetry opened, and not the header of the caller.
      context.set('trace', traceOf(telemetry?.carry()?.traceparent ?? traceparent, ids))
      await next()
      const route = context.get('route')?.replace(/^\S+ /, '')
      return { status: context.res.status, ...(route !== undefined && { route }) }
    }
    await (telemetry
      ? telemetry.request(
          { method: context.req.method, ...(traceparent !== null && { traceparent }) },
          serve,
        )
      : serve())
    finish(context, options, safe)
    log(context, logger, performance.now() - started)
  })
  app.get('/healthz', () => new Response('ok\n', { headers: text }))
  app.get('/readyz', async () => {
    const ready = !services.draining.aborted && (await options.ready())
    return new Response(ready ? 'ready\n' : 'not ready\n', {
      status: ready ? 200 : 503,
      headers: text,
    })
  })
  const document = JSON.stringify(openApiOf(routes, services.secureCookies))
  app.get('/api/v1/openapi.json', () => new Response(document, { headers: json }))
  mountRoutes(app, routes, options)
  mountChannels(app, options.channels, options.maxBodyBytes)
  if (options.mcp) mountMcp(app, options.mcp, options)
  app.all('/api/*', nothingHere)
  app.all('/channels/*', nothingHere)
  mountConsole(app, options.console)
  // Also a route, because an error that `notFound` throws would skip the headers and the log.
  app.all('*', nothingHere)
  app.notFound(nothingHere)
  app.onError((error, context) => {
    const { status, headers, body } = problemOf(error, context.get('requestId'))
    if (status >= 500)
      logger.error(
        { requestId: body.requestId, route: context.get('route'), fault: faultOf(error) },
        'failed',
      )
    return new Response(JSON.stringify(body), {
      status,
      headers: { 'content-type': 'application/problem+json; charset=utf-8', ...headers },
    })
  })
  return app
}

const text = { 'content-type': 'text/plain; charset=utf-8' }
const json = { 'content-type': 'application/json; charset=utf-8' }

function nothingHere(): never {
  throw new LoopError('not_found', 'There is nothing at this address.')
}

function finish(
  context: Context<Environment>,
  { services }: AppOptions,
  safe: ReturnType<typeof securityHeaders>,
): void {
  const { headers } = context.res
  for (const [name, value] of safe(context.req.path))
    if (!headers.has(name)) headers.set(name, value)
  headers.set('x-request-id', context.get('requestId'))
  headers.set('traceparent', context.get('trace').outgoing)
  // A client that kept the connection would use it again when the server is gone.
  if (services.draining.aborted) headers.set('connection', 'close')
}

/** Logs the pattern of the route and never the path, which may hold a token or a name. */
function log(context: Context<Environment>, logger: Logger, durationMs: number): void {
  const principal = context.get('principal')
  logger.info(
    {
      requestId: context.get('requestId'),
      traceId: context.get('trace').traceId,
      method: context.req.method,
      route: context.get('route') ?? 'none',
      status: context.res.status,
      durationMs: Math.round(durationMs * 10) / 10,
      ...(principal && { credential: principal.credential, tenant: principal.tenant }),
    },
    'request',
  )
}

/** The address of the caller, as the outermost trusted proxy saw it. */
function callerOf(context: Context<Environment>, trustedProxies: number): string {
  const address = context.env?.incoming?.socket.remoteAddress ?? 'unknown'
  if (trustedProxies === 0) return address
  const forwarded = (context.req.raw.headers.get('x-forwarded-for') ?? '').split(',')
  return forwarded.at(-trustedProxies)?.trim().slice(0, 64) || address
}
