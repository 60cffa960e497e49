import { LoopClientError } from './client-error.ts'
import type { Call } from './transport.ts'

/** The request as it is sent, without the credential. */
export interface Written {
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

export function write({ body, options }: Call, key: string | undefined): Written {
  checkHeader(key, 'idempotency key')
  const { runId, version } = options?.expected ?? {}
  return {
    headers: {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(key !== undefined && { 'idempotency-key': key }),
      ...(runId !== undefined && { 'if-match': `"${runId}:${version}"` }),
    },
    ...(body !== undefined && { body: jsonOf(body) }),
  }
}

/** Throws `invalid_input` for a value that no header can hold; `fetch` would fail as if the network were down. */
export function checkHeader(value: string | undefined, what: string): void {
  if (value === undefined || /^[\x20-\x7e\xa0-\xff]+$/.test(value)) return
  throw new LoopClientError(
    'invalid_input',
    `The ${what} has characters that a header cannot hold.`,
  )
}

function jsonOf(body: unknown): string {
  try {
    return JSON.stringify(body, kept)
  } catch {
    throw new LoopClientError('invalid_input', 'The request has a value that JSON cannot hold.')
  }
}

/** Throws for a value that JSON would change to null or {} or leave out: people would approve something else. */
function kept(this: unknown, key: string, value: unknown): unknown {
  // In an object an undefined value may be left out; in a list it would become null.
  const isOptional = value === undefined && !Array.isArray(this)
  if (isOptional || isJson(value, Reflect.get(Object(this), key))) return value
  throw new TypeError('JSON has no such value.')
}

const plain = ['[object Object]', '[object Array]']

/** `given` is the value before its `toJSON`, with which an invalid date becomes null. */
function isJson(value: unknown, given: unknown): boolean {
  switch (typeof value) {
    case 'number':
      return Number.isFinite(value)
    case 'object':
      return value === null ? given === null : plain.includes(tagOf(value))
    default:
      return typeof value === 'string' || typeof value === 'boolean'
  }
}

/** The kind of an object, of whichever realm. A Map, or a promise that was not awaited, is no `[object Object]`. */
function tagOf(value: object): string {
  return Object.prototype.toString.call(value)
}
