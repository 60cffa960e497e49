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

/** Puts routes below `/api/v1`: credential, scope, limits and schemas come before any handler. */
export function mountRoutes(
  app: Hono<Environment>,
  routes: readonly Route[],
  options: MountOptions,
): void {
  const placeOf = ({ path }: Route): string => `/api/v1${path.replaceAll(/\{(\w+)\}/g, ':$1')}`
  for (const route of routes)
    app.on(route.method.toUpperCase(), placeOf(route), (context) => serve(context, route, options))
  // Behind all of them: what is written out as one path may fit the pattern of another.
  for (const [place, group] of Map.groupBy(routes, placeOf)) {
    // Whatever can be got is told by its head as well.
    const allow = group.map(({ method }) => (method === 'get' ? 'GET, HEAD' : method.toUpperCase()))
    app.all(place, () => {
      throw new HttpError(405, 'method_not_allowed', 'The method is not allowed here.', {
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

/** Guessing is dear: whoever has no good credential pays by address, and whoever has one does not. */
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

/** Nobody reads an answer that comes behind its deadline: a stream would be open for ever. */
async function letGo(answering: Promise<Answer | Response>): Promise<void> {
  const late = await answering.catch(() => undefined)
  if (late instanceof Response) await late.body?.cancel().catch(() => undefined)
}

/** The principal of a request, which pays for it and whose credential is good for `scope`. */
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
  throw new HttpError(403, 'refused', 'The credential is not good for this.', {
    reason: 'scope_missing',
    hint: `It needs the scope ${scope}.`,
  })
}

/** Who asks for what is open to everybody. */
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
    throw new HttpError(400, 'unsupported', 'This operation takes no Idempotency-Key.', {
      hint: 'It may be repeated as it is; where it takes If-Match, that makes a repetition safe.',
    })
  const changes = request.method !== 'GET' && request.method !== 'HEAD'
  // Ignored, it would let through what the caller wants done on the run that was seen, and on no other.
  if (changes && !route.ifMatch && expectedBy(request.headers.get('if-match')))
    throw new HttpError(400, 'unsupported', 'This operation takes no If-Match.')
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

/** A parameter that comes twice means one thing to one reader and another to the next. */
function single(queries: Record<string, string[]>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(queries).map(([name, [value = '', ...more]]) => {
      if (more.length === 0) return [name, value]
      throw new LoopError('invalid_input', 'A query parameter came twice.', { path: '' })
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
  throw new HttpError(400, 'invalid_input', 'The request does not fit its schema.', {
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
