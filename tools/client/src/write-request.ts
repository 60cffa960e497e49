import { LoopClientError } from './client-error.ts'
import type { Call } from './transport.ts'

/** What is sent, without the credential. */
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
function kept(this: unknown, key: string, value: unknown): unknown {
  // An object leaves out a key without a value, and may; a list would have a null there.
  const isOptional = value === undefined && !Array.isArray(this)
  if (isOptional || isJson(value, Reflect.get(Object(this), key))) return value
  throw new TypeError('JSON has no such value.')
}

const plain = ['[object Object]', '[object Array]']

/** `given` is what the value was before its `toJSON`: a date that is none becomes null there. */
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

/** What it is, of whichever realm: a Map, or a promise that nobody awaited, is no `[object Object]`. */
function tagOf(value: object): string {
  return Object.prototype.toString.call(value)
}
