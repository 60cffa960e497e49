import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { setImmediate } from 'node:timers/promises'

import type { ServerEvent, WireJson } from './model-wire.ts'

export interface Payload {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly bytes: Buffer
  /** How much of it is sent before the connection hangs or is cut. */
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

/** Writes what a reply amounts to. Returns when all was written, or when the client has gone. */
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
    // Given to the network before the next piece, so that pieces arrive as pieces.
    await setImmediate()
  }
  if (stops?.how === 'cut') response.destroy()
  if (!stops) response.end()
  await gone
}
