import { LoopClientError } from './client-error.ts'
import type { Call } from './transport.ts'

/** What is sent, without the credential. */
export interface Written {
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

export function write({ body, headers, options }: Call, key: string | undefined): Written {
  checkHeader(key, 'idempotency key')
  const { runId, version } = options?.ifMatch ?? {}
  return {
    headers: {
      ...headers,
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(key !== undefined && { 'idempotency-key': key }),
      ...(runId !== undefined && { 'if-match': `"${runId}:${version}"` }),
    },
    ...(body !== undefined && { body: jsonOf(body) }),
  }
}

/** `fetch` would call it a network that is away. */
export function checkHeader(value: string | undefined, what: string): void {
  if (value === undefined || /^[\x20-\x7e\xa0-\xff]+$/.test(value)) return
  throw new LoopClientError('invalid_input', `A header cannot hold this ${what}.`)
}

function jsonOf(body: unknown): string {
  try {
    return JSON.stringify(body, kept)
  } catch {
    throw new LoopClientError('invalid_input', 'The request cannot be written as JSON.')
  }
}

/** What JSON would write as null or {}, or leave out, is not what is asked for, nor what people would approve. */
function kept(_key: string, value: unknown): unknown {
  const isLost =
    (typeof value === 'number' && !Number.isFinite(value)) ||
    typeof value === 'function' ||
    typeof value === 'symbol' ||
    value instanceof Map ||
    value instanceof Set
  if (isLost) throw new TypeError('JSON has no such value.')
  return value
}
