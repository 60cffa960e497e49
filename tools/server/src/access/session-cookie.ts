/** With `secure`, for a server behind HTTPS, the browser sends the cookie to no other host and in no plain request. */
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

/**
 * The session secret in a request. Read only under the name that this server gives: under another name a neighbouring host
 * could plant a cookie and log people in as somebody else.
 */
export function readSessionCookie(request: Request, secure: boolean): string | null {
  for (const pair of (request.headers.get('cookie') ?? '').split(';')) {
    const [name = '', value = ''] = pair.trim().split('=', 2)
    if (name === nameOfCookie(secure)) return value
  }
  return null
}

/** Browsers accept a name with the prefix `__Host-` only from this host itself and by HTTPS. */
export function nameOfCookie(secure: boolean): string {
  return secure ? '__Host-loop_session' : 'loop_session'
}
