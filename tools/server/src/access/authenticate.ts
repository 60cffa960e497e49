import { LoopError } from '@loop-engine/core'

import { HttpError } from '../http/http-error.ts'
import type { Access } from './access.ts'
import type { Principal } from './principal.ts'
import { readSessionCookie } from './session-cookie.ts'

export interface AuthenticateOptions {
  readonly access: Access
  /** Origins at which this server serves pages. */
  readonly origins: readonly string[]
  readonly secureCookies: boolean
}

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * The principal of a request. Throws `auth` if no credential is accepted, and `cross_site` if a page of another site may
 * have sent the request.
 */
export async function authenticate(
  request: Request,
  { access, origins, secureCookies }: AuthenticateOptions,
): Promise<Principal> {
  const credential = readBearer(request)
  if (credential !== undefined) return access.fromBearer(credential)
  if (request.headers.has('authorization'))
    throw new LoopError('auth', 'The Authorization header is not a bearer credential.')
  const secret = readSessionCookie(request, secureCookies)
  const principal = secret === null ? null : access.sessions.find(secret)
  if (!principal)
    throw new LoopError('auth', 'The request has no credential.', {
      hint: 'Send `Authorization: Bearer` with an API key or a token.',
    })
  if (!safeMethods.has(request.method)) refuseCrossSite(request, origins)
  return principal
}

export function readBearer(request: Request): string | undefined {
  return /^Bearer +([\x21-\x7e]+) *$/i.exec(request.headers.get('authorization') ?? '')?.[1]
}

/** A browser sends the cookie with requests of any page, but it also says of which site the page is. */
export function refuseCrossSite(request: Request, origins: readonly string[]): void {
  const site = request.headers.get('sec-fetch-site')
  const origin = request.headers.get('origin')
  const sameSite = site === null || site === 'same-origin'
  const sameOrigin = origin === null ? site !== null : origins.includes(origin)
  if (sameSite && sameOrigin) return
  throw new HttpError(403, 'cross_site', 'The request comes from a page of another site.', {
    hint: 'Use the console at the address that the server was given as its publicUrl, or an API key.',
  })
}
