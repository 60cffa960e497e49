import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { setImmediate } from 'node:timers/promises'

import type { ServerEvent, WireJson } from './model-wire.ts'

export interface Payload {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly bytes: Buffer
  /** How many bytes are sent before the connection hangs or is cut. */
  readonly stops?: { readonly afterBytes: number; readonly how: 'hang' | 'cut' }
  readonly pieceBytes?: number
}

export function jsonBytes(body: WireJson): Buffer {
  return Buffer.from(JSON.stringify(body))
}

export function eventBytes(events: readonly ServerEvent[]): Buffer {
  return Buffer.from(events.map(eventText).join(''))
}

function eventText({ event, data }: ServerEvent): string {
  const name = event === undefined ? '' : `event: ${event}\n`
  return `${name}data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`
}

/** Writes a reply. Resolves when all is written, or when the client has hung up. */
export async function send(response: ServerResponse, payload: Payload): Promise<void> {
  const { status, headers, bytes, stops, pieceBytes = bytes.length } = payload
  const gone = once(response, 'close')
  if (stops?.afterBytes === 0) {
    if (stops.how === 'cut') response.destroy()
    await gone
    return
  }
  response.writeHead(status, headers)
  const end = stops ? stops.afterBytes : bytes.length
  for (let at = 0; at < end && !response.destroyed; at += pieceBytes) {
    response.write(bytes.subarray(at, Math.min(at + pieceBytes, end)))
    // Lets the piece reach the network before the next one, so that the pieces arrive separately.
    await setImmediate()
  }
  if (stops?.how === 'cut') response.destroy()
  if (!stops) response.end()
  await gone
}
