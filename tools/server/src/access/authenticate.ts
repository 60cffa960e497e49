import { LoopError } from '@loop-engine/core'

import { HttpError } from '../http/http-error.ts'
import type { Access } from './access.ts'
import type { Principal } from './principal.ts'

export interface AuthenticateOptions {
  readonly access: Access
  /** Origins at which this server serves pages. */
  readonly origins: readonly string[]
  readonly secureCookies: boolean
}

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS'])

/** The principal of a request. Throws `auth` without a credential that is accepted, `cross_site` for a forged one. */
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
      hint: 'Send Authorization: Bearer with an API key or a token.',
    })
  if (!safeMethods.has(request.method)) refuseCrossSite(request, origins)
  return principal
}

export function readBearer(request: Request): string | undefined {
  return /^Bearer +([\x21-\x7e]+) *$/i.exec(request.headers.get('authorization') ?? '')?.[1]
}

/** A browser sends the cookie whoever wrote the page, but it also says who did. */
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

/** With this prefix a browser keeps what another host, or a plain page, gives it apart from ours. */
export function nameOfCookie(secure: boolean): string {
  return secure ? '__Host-loop_session' : 'loop_session'
}

/** Only under the name that this server gives: under another one a neighbour could log people in as somebody else. */
export function readSessionCookie(request: Request, secure: boolean): string | null {
  for (const pair of (request.headers.get('cookie') ?? '').split(';')) {
    const [name = '', value = ''] = pair.trim().split('=', 2)
    if (name === nameOfCookie(secure)) return value
  }
  return null
}

/** `secure` wherever the server is reached by HTTPS: then no other host and no plain request gets the cookie. */
export function sessionCookie(value: string, maxAgeSeconds: number, secure: boolean): string {
  return [
    `${nameOfCookie(secure)}=${value}`,
    'Path=/',
    'HttpOnly',
    'SameSite=Strict',
    `Max-Age=${maxAgeSeconds}`,
    ...(secure ? ['Secure'] : []),
  ].join('; ')
}
