import { LoopError } from '@loop-engine/core'

/** How browsers name the place that people reach the server at. */
export function originOf(publicUrl: string): string {
  const url = URL.parse(publicUrl)
  if (url && /^https?:$/.test(url.protocol)) return url.origin
  throw new LoopError('invalid_config', 'The public URL of the server is not one of a web site.', {
    path: '/publicUrl',
    hint: 'Write it with its scheme, as https://loops.example.com.',
  })
}
