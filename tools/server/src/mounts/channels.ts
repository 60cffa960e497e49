import { LoopError, type Channel } from '@loop-engine/core'
import type { Hono } from 'hono'

import { readBounded } from '../http/read-body.ts'
import type { Environment } from './environment.ts'

/** The inbound side of channels. Each channel authenticates its senders itself, over the bytes as they were sent. */
export function mountChannels(
  app: Hono<Environment>,
  channels: readonly Channel[],
  maxBodyBytes: number,
): void {
  const handlers = new Map(channels.map((channel) => [channel.name, channel]))
  app.on(['GET', 'POST'], ['/channels/:name', '/channels/:name/*'], async (context) => {
    context.set('route', `${context.req.method} /channels/:name`)
    const channel = handlers.get(context.req.param('name'))
    if (!channel?.handle)
      throw new LoopError('not_found', 'No channel of this name receives requests here.')
    const { raw } = context.req
    const { url, method, headers } = raw
    const response = await channel.handle(
      raw.body === null
        ? raw
        : new Request(url, { method, headers, body: await readBounded(raw, maxBodyBytes) }),
    )
    // Copied, because the headers of a response from `fetch`, or of a redirect, cannot be changed.
    return new Response(response.body, response)
  })
}
