import { LoopError } from '@loop-engine/core'

/** The origin of the public URL, as browsers send it. Throws `invalid_config` unless the URL is the root of a web site. */
export function originOf(publicUrl: string): string {
  const url = URL.parse(publicUrl)
  if (url && /^https?:$/.test(url.protocol)) {
    if (url.href === `${url.origin}/`) return url.origin
    // Pages load their files, and call the API, from the root.
    throw new LoopError(
      'invalid_config',
      'The public URL must be the root of a web site, without a path, query or user.',
      {
        path: '/publicUrl',
        hint: `Give the server a host of its own, and write only that, such as ${url.origin}.`,
      },
    )
  }
  throw new LoopError('invalid_config', 'The public URL must begin with http:// or https://.', {
    path: '/publicUrl',
    hint: 'Write it with its scheme, such as https://loops.example.com.',
  })
}
