import { LoopError } from '@loop-engine/core'

/** How browsers name the place that people reach the server at. */
export function originOf(publicUrl: string): string {
  const url = URL.parse(publicUrl)
  if (url && /^https?:$/.test(url.protocol)) {
    if (url.href === `${url.origin}/`) return url.origin
    // Pages name what they load, and the API, from the root.
    throw new LoopError('invalid_config', 'The server is reached at the root of a web site.', {
      path: '/publicUrl',
      hint: `Give it a host of its own, and write no more than that, as ${url.origin}.`,
    })
  }
  throw new LoopError('invalid_config', 'The public URL of the server is not one of a web site.', {
    path: '/publicUrl',
    hint: 'Write it with its scheme, as https://loops.example.com.',
  })
}
