import { isLoopError, LoopError, toPointer } from '@loop-engine/core'
import type { Context, Hono } from 'hono'
import { z } from 'zod'

import { authenticate } from '../access/authenticate.ts'
import { accountOf, type Principal, type Scope } from '../access/principal.ts'
import type { Deadlines } from '../http/deadlines.ts'
import { expectedBy } from '../http/etag.ts'
import { HttpError } from '../http/http-error.ts'
import type { RateLimiter } from '../http/rate-limit.ts'
import { readBody } from '../http/read-body.ts'
import type { Answer, Call, Route, RouteInput, Services } from '../routes/route.ts'
import { idSchema } from '../schemas/common.ts'
import type { Environment } from './environment.ts'

export interface MountOptions {
  readonly services: Services
  readonly maxBodyBytes: number
  readonly deadlines: Deadlines
  readonly limits: { readonly principal: RateLimiter; readonly stranger: RateLimiter }
}

/** Mounts routes below `/api/v1`. Credential, limits, scope and schemas are checked before a handler is called. */
export function mountRoutes(
  app: Hono<Environment>,
  routes: readonly Route[],
  options: MountOptions,
): void {
  const placeOf = ({ path }: Route): string => `/api/v1${path.replaceAll(/\{(\w+)\}/g, ':$1')}`
  for (const route of routes)
    app.on(route.method.toUpperCase(), placeOf(route), (context) => serve(context, route, options))
  // After all routes, because a path that is written out may also match the pattern of another route.
  for (const [place, group] of Map.groupBy(routes, placeOf)) {
    // Whatever has GET has HEAD too.
    const allow = group.map(({ method }) => (method === 'get' ? 'GET, HEAD' : method.toUpperCase()))
    app.all(place, () => {
      throw new HttpError(405, 'method_not_allowed', 'This address does not have this method.', {
        headers: { allow: allow.join(', ') },
      })
    })
  }
}

async function serve(
  context: Context<Environment>,
  route: Route,
  options: MountOptions,
): Promise<Response> {
  context.set('route', `${route.method.toUpperCase()} /api/v1${route.path}`)
  return chargeStrangers(context, options, async () => {
    const principal = route.scope === 'public' ? null : await admit(context, route.scope, options)
    const call = callOf(context, route, principal, options)
    const input = await readInput(context, route, options.maxBodyBytes)
    const answering = Promise.resolve(route.handle(call, input))
    const answer = await options.deadlines.race(answering).catch((error: unknown) => {
      void letGo(answering)
      throw error
    })
    return answer instanceof Response ? answer : json(answer)
  })
}

/** Slows down guessing: a request without an accepted credential is counted against the address of the caller. */
export async function chargeStrangers(
  context: Context<Environment>,
  { limits }: Pick<MountOptions, 'limits'>,
  answer: () => Promise<Response>,
): Promise<Response> {
  try {
    return await answer()
  } catch (error) {
    if (isLoopError(error) && error.code === 'auth') limits.stranger.spend(context.get('caller'))
    throw error
  }
}

/** Cancels an answer that comes after its deadline: nobody reads it, and a stream would stay open for ever. */
async function letGo(answering: Promise<Answer | Response>): Promise<void> {
  const late = await answering.catch(() => undefined)
  if (late instanceof Response) await late.body?.cancel().catch(() => undefined)
}

/** Authenticates a request, counts it against the limit of its principal, and checks its scope. */
export async function admit(
  context: Context<Environment>,
  scope: Scope,
  options: MountOptions,
): Promise<Principal> {
  const { services, limits } = options
  const principal = await authenticate(context.req.raw, services)
  limits.principal.spend(accountOf(principal))
  context.set('principal', principal)
  if (principal.scopes.includes(scope)) return principal
  throw new HttpError(403, 'refused', 'The credential does not permit this.', {
    reason: 'scope_missing',
    hint: `It needs the scope ${scope}.`,
  })
}

/** The principal of requests to public routes. */
const nobody: Principal = {
  kind: 'session',
  credential: 'none',
  tenant: '',
  actor: { type: 'system', id: 'nobody' },
  scopes: [],
  expiresAt: null,
}

function callOf(
  context: Context<Environment>,
  route: Route,
  principal: Principal | null,
  { services }: MountOptions,
): Call {
  const request = context.req.raw
  const idempotencyKey = request.headers.get('idempotency-key') ?? undefined
  if (idempotencyKey !== undefined && !route.idempotent && request.method === 'POST')
    throw new HttpError(400, 'unsupported', 'This operation does not accept an Idempotency-Key.', {
      hint: 'Repeat it without the key. Where the operation accepts If-Match, use that to make a repetition safe.',
    })
  const changes = request.method !== 'GET' && request.method !== 'HEAD'
  // If the header were ignored, the operation could change a run that is no longer as the caller saw it.
  if (changes && !route.ifMatch && expectedBy(request.headers.get('if-match')))
    throw new HttpError(400, 'unsupported', 'This operation does not accept If-Match.')
  if (idempotencyKey !== undefined && !idSchema.safeParse(idempotencyKey).success)
    throw new LoopError(
      'invalid_input',
      'The Idempotency-Key must be 1 to 256 printable characters.',
    )
  const known = principal ?? nobody
  return {
    services,
    principal: known,
    tenant: known.tenant,
    requestId: context.get('requestId'),
    traceparent: context.get('trace').incoming,
    idempotencyKey,
    request,
    drop: () => context.env?.outgoing?.destroy(),
    actor(attribution) {
      const { assurance, ...actor } = known.actor
      const { authority } = services.access
      return authority.vouch({ ...actor, ...attribution }, assurance ?? { method: 'asserted' })
    },
  }
}

const nothing = z.strictObject({})

async function readInput(
  context: Context<Environment>,
  { params, query, body, bodyOptional = false }: Route,
  maxBytes: number,
): Promise<RouteInput> {
  const request = context.req.raw
  return {
    params: params ? read(params, context.req.param()) : {},
    query: read(query ?? nothing, single(context.req.queries())),
    body: body ? read(body, await readBody(request, { maxBytes, optional: bodyOptional })) : {},
  }
}

/** Refuses a parameter that is given twice: some readers take the first value and some the last. */
function single(queries: Record<string, string[]>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(queries).map(([name, [value = '', ...more]]) => {
      if (more.length === 0) return [name, value]
      throw new LoopError('invalid_input', 'A query parameter is given twice.', { path: '' })
    }),
  )
}

function read(schema: z.ZodType, value: unknown): unknown {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const errors = parsed.error.issues.slice(0, 20).map(({ path, message }) => ({
    path: toPointer(path),
    message: message.slice(0, 256),
  }))
  throw new HttpError(400, 'invalid_input', 'The request does not match its schema.', {
    path: errors[0]?.path,
    errors,
  })
}

function json({ status = 200, body, headers }: Answer): Response {
  if (body === undefined) return new Response(null, { status, headers: { ...headers } })
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
  })
}
