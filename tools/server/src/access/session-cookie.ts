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

/** Only under the name that this server gives: under another one a neighbour could log people in as somebody else. */
export function readSessionCookie(request: Request, secure: boolean): string | null {
  for (const pair of (request.headers.get('cookie') ?? '').split(';')) {
    const [name = '', value = ''] = pair.trim().split('=', 2)
    if (name === nameOfCookie(secure)) return value
  }
  return null
}

/** With this prefix a browser keeps what another host, or a plain page, gives it apart from ours. */
export function nameOfCookie(secure: boolean): string {
  return secure ? '__Host-loop_session' : 'loop_session'
}
