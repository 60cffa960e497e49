type Header = readonly [name: string, value: string]

const common: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
}

const page = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ')

const data = "default-src 'none'; frame-ancestors 'none'"

/** The security headers of every answer. Pages may load from this server only. */
export function securityHeaders(secure: boolean): (path: string) => readonly Header[] {
  const always = Object.entries({
    ...common,
    ...(secure && { 'strict-transport-security': 'max-age=31536000; includeSubDomains' }),
  })
  const forPages: readonly Header[] = [
    ...always,
    ['content-security-policy', page],
    // Otherwise a browser may keep a page beyond an upgrade, after which its assets have other names.
    ['cache-control', 'no-cache'],
  ]
  const forData: readonly Header[] = [
    ...always,
    ['content-security-policy', data],
    ['cache-control', 'no-store'],
  ]
  const isData = /^\/(?:api\/|channels\/|mcp$)/
  return (path) => (isData.test(path) ? forData : forPages)
}
