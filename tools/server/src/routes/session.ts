import { LoopError } from '@loop-engine/core'
import { z } from 'zod'

import type { Access } from '../access/access.ts'
import { readBearer, refuseCrossSite } from '../access/authenticate.ts'
import { scopes, type Principal } from '../access/principal.ts'
import { readSessionCookie, sessionCookie } from '../access/session-cookie.ts'
import { HttpError } from '../http/http-error.ts'
import { actorSchema } from '../schemas/actor.ts'
import { millisecondsSchema } from '../schemas/common.ts'
import { route, type Answer, type Route } from './route.ts'

const tag = 'Session'
const whoSchema = z
  .object({
    kind: z.enum(['key', 'oidc', 'session']),
    tenant: z.string(),
    actor: actorSchema,
    scopes: z.array(z.enum(scopes)).readonly(),
    expiresAt: millisecondsSchema.nullable(),
  })
  .meta({ id: 'Who', description: 'The caller, as the server authenticated it.' })

export const sessionRoutes: readonly Route[] = [
  route({
    method: 'post',
    path: '/session',
    id: 'openSession',
    tag,
    summary:
      'Opens a session for a browser, with the token of a login link or with the bearer token of a person.',
    scope: 'public',
    body: z.strictObject({ token: z.string().max(256).optional() }),
    bodyOptional: true,
    answers: {
      200: {
        description: 'The person of the session.',
        schema: whoSchema,
        headers: { 'Set-Cookie': 'The session cookie.' },
      },
    },
    async handle({ services, request }, { body: { token } }) {
      const { access, origins, secureCookies, sessionTtlMs, clock } = services
      refuseCrossSite(request, origins)
      const principal = await claimedBy(request, token, access)
      if (!principal)
        throw new LoopError('auth', 'The login link was used already, or has expired.', {
          hint: 'Ask whoever runs the server for a new one.',
        })
      if (principal.actor.type !== 'human')
        throw new HttpError(403, 'refused', 'Only a person can open a session.', {
          reason: 'not_a_person',
        })
      // The earlier session of this browser ends. Streams that it opened end too, and their pages ask again who is logged in.
      const before = readSessionCookie(request, secureCookies)
      if (before !== null) access.sessions.end(before)
      const { secret, expiresAt } = access.sessions.open(principal, sessionTtlMs)
      const maxAge = Math.floor((expiresAt - clock.now()) / 1000)
      const cookie = sessionCookie(secret, maxAge, secureCookies)
      return who({ ...principal, kind: 'session', expiresAt }, { 'set-cookie': cookie })
    },
  }),
  route({
    method: 'get',
    path: '/session',
    id: 'getSession',
    tag,
    summary: 'Who the caller is.',
    scope: 'read',
    answers: { 200: { description: 'The caller.', schema: whoSchema } },
    handle: ({ principal }) => who(principal),
  }),
  route({
    method: 'delete',
    path: '/session',
    id: 'endSession',
    tag,
    summary: 'Ends the session of this browser.',
    // Public, because any session may be ended, whatever its scopes.
    scope: 'public',
    answers: { 204: { description: 'The session has ended.' } },
    handle({ services, request }) {
      const secret = readSessionCookie(request, services.secureCookies)
      if (secret === null) return { status: 204, body: undefined }
      refuseCrossSite(request, services.origins)
      services.access.sessions.end(secret)
      const cookie = sessionCookie('', 0, services.secureCookies)
      return { status: 204, body: undefined, headers: { 'set-cookie': cookie } }
    },
  }),
]

/** The principal of the login link's token, or else of the bearer token. */
async function claimedBy(
  request: Request,
  token: string | undefined,
  { sessions, fromBearer }: Access,
): Promise<Principal | null> {
  if (token !== undefined) return sessions.accept(token)
  const credential = readBearer(request)
  return credential === undefined ? null : fromBearer(credential)
}

function who(
  { kind, tenant, actor, scopes: granted, expiresAt }: Principal,
  headers?: Record<string, string>,
): Answer {
  return { body: { kind, tenant, actor, scopes: granted, expiresAt }, ...(headers && { headers }) }
}
