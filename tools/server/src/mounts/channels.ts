import { LoopError, type Channel } from '@loop-engine/core'
import type { Hono } from 'hono'

import type { Environment } from '../http/environment.ts'
import { readChunks, tooLarge } from '../http/read-body.ts'

/** The inbound side of channels: each authenticates its sender itself, over the bytes as they came. */
export function mountChannels(
  app: Hono<Environment>,
  channels: readonly Channel[],
  maxBodyBytes: number,
): void {
  const handlers = new Map(channels.map((channel) => [channel.name, channel]))
  app.on(['GET', 'POST'], ['/channels/:name', '/channels/:name/*'], async (context) => {
    context.set('route', `${context.req.method} /channels/:name`)
    const channel = handlers.get(context.req.param('name'))
    if (!channel?.handle) throw new LoopError('not_found', 'No channel of this name listens here.')
    const length = context.req.raw.headers.get('content-length')
    if (Number(length ?? 0) > maxBodyBytes) throw tooLarge(maxBodyBytes)
    const response = await channel.handle(
      length === null ? await bounded(context.req.raw, maxBodyBytes) : context.req.raw,
    )
    // A response that was fetched or redirects has headers that nobody may add to.
    return new Response(response.body, response)
  })
}

/** A body that does not say how long it is, read as far as it may be long. */
async function bounded(request: Request, maxBodyBytes: number): Promise<Request> {
  if (request.body === null) return request
  const { url, method, headers } = request
  return new Request(url, { method, headers, body: await readChunks(request, maxBodyBytes) })
}
