import type { IncomingMessage, ServerResponse } from 'node:http'
import { text as textOf } from 'node:stream/consumers'

import { serve } from './serve.fixture.ts'

export interface Wire {
  readonly url: string
  /** The callback URL that the server was given for a request. */
  callbackUrl(requestId: string): string
  /** Drops the next answers to a read or an attempt, after the server has done the work. */
  loseAnswers(count: number): void
  close(): Promise<void>
}

/** The network between n8n and the server. */
export async function openWire(target: string): Promise<Wire> {
  const callbacks = new Map<string, string>()
  let lost = 0
  const forward = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const sent = await textOf(request)
    const { host: _, connection: __, 'content-length': ___, ...headers } = request.headers
    const answer = await fetch(`${target}${request.url}`, {
      method: request.method ?? 'GET',
      headers: headers as Record<string, string>,
      ...(sent !== '' && { body: sent }),
    })
    const text = await answer.text()
    const { callbackUrl } = sent === '' ? {} : (JSON.parse(sent) as { callbackUrl?: string })
    if (callbackUrl !== undefined)
      callbacks.set((JSON.parse(text) as { approvalId?: string }).approvalId ?? '', callbackUrl)
    if (lost > 0 && (request.method === 'GET' || request.url?.endsWith('/transitions'))) {
      lost--
      return void request.socket.destroy()
    }
    const type = answer.headers.get('content-type') ?? 'text/plain'
    response.writeHead(answer.status, { 'content-type': type }).end(text)
  }
  const served = await serve((request, response) => void forward(request, response))
  return {
    ...served,
    callbackUrl: (requestId) => callbacks.get(requestId) ?? '',
    loseAnswers(count) {
      lost = count
    },
  }
}
