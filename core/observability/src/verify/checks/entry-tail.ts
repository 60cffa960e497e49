/**
 * The offsets at which the values of the last fields of a body begin; -1 for a field that it lacks. From `prevHash` on a body
 * has only plain fields, in this order, so they are found without parsing what comes before.
 */
export interface EntryTail {
  readonly length: number
  readonly prevHash: number
  readonly runId: number
  readonly seq: number
  readonly status: number
  readonly tenant: number
  readonly toState: number
  readonly transitionId: number
  readonly type: number
}

const start = '"prevHash":"'
const end = '"v":1}'
const [quote, backslash] = [0x22, 0x5c]

// Entries of a run are alike, so the tail is searched for about as far from the end as in the entry before.
const slack = 48

/** Finds the tail; null when the body has none. */
export function tailOf(body: string, expectedLength = 512): EntryTail | null {
  return searchTail(body, body.length - expectedLength - slack) ?? searchTail(body, 0)
}

function searchTail(body: string, from: number): EntryTail | null {
  for (let at = body.indexOf(start, from); at !== -1; at = body.indexOf(start, at + 1)) {
    const tail = readTail(body, at)
    if (tail !== null) return tail
  }
  return null
}

/** Reads the tail at `from`; null if it is not there. Nested data cannot look like this up to the last brace. */
function readTail(body: string, from: number): EntryTail | null {
  const prevHash = from + start.length
  let at = pastText(body, prevHash)
  at = pastText(body, valueOf(body, '"reason":"', at), at)
  at = pastText(body, valueOf(body, '"receipt":"', at), at)
  at = pastNumber(body, valueOf(body, '"receiptExpiresAt":', at), at)
  const runId = valueOf(body, '"runId":"', at)
  if (runId === -1) return null
  at = pastText(body, runId)
  const seq = valueOf(body, '"seq":', at)
  if (seq === -1) return null
  at = pastNumber(body, seq)
  const status = valueOf(body, '"status":"', at)
  at = pastText(body, status, at)
  const tenant = valueOf(body, '"tenant":"', at)
  if (tenant === -1) return null
  at = pastText(body, tenant)
  const toState = valueOf(body, '"toState":"', at)
  at = pastText(body, toState, at)
  at = pastText(body, valueOf(body, '"traceparent":"', at), at)
  const transitionId = valueOf(body, '"transitionId":"', at)
  at = pastText(body, transitionId, at)
  const type = valueOf(body, '"type":"', at)
  if (type === -1) return null
  at = pastText(body, type)
  if (!body.startsWith(end, at) || at + end.length !== body.length) return null
  const length = body.length - from
  return { length, prevHash, runId, seq, status, tenant, toState, transitionId, type }
}

/** Where the value of a field begins, if the field stands at `at`; otherwise -1. */
function valueOf(body: string, key: string, at: number): number {
  return body.startsWith(key, at) ? at + key.length : -1
}

/** Whether the text value at `from` is this text, which needs no escapes. */
export function holdsPlain(body: string, from: number, text: string): boolean {
  return body.startsWith(text, from) && body.charCodeAt(from + text.length) === quote
}

/** Whether the text value at `from` is this text. */
export function holdsText(body: string, from: number, text: string): boolean {
  // A backslash begins an escape in the body, and stands for itself in the text.
  if (holdsPlain(body, from, text) && !text.includes('\\')) return true
  return body.startsWith(JSON.stringify(text), from - 1)
}

export function holdsNumber(body: string, from: number, number: number): boolean {
  const digits = String(number)
  return body.startsWith(digits, from) && body[from + digits.length] === ','
}

/** The type of an entry by its body; types are written without escapes. */
export function typeOf(body: string): string | null {
  const tail = tailOf(body)
  return tail && body.slice(tail.type, body.indexOf('"', tail.type))
}

/** The offset behind a text, its quote and its comma; `otherwise` if there is no such field. */
function pastText(body: string, from: number, otherwise = body.length): number {
  if (from === -1) return otherwise
  const close = body.indexOf('"', from)
  if (close === -1) return body.length
  // Behind a backslash the quote may be part of the text.
  return (body.charCodeAt(close - 1) === backslash ? endOfText(body, from) : close) + 2
}

function endOfText(body: string, from: number): number {
  let at = from
  while (at < body.length && body.charCodeAt(at) !== quote)
    at += body.charCodeAt(at) === backslash ? 2 : 1
  return at
}

/** The offset behind a number and its comma; `otherwise` if there is no such field. */
function pastNumber(body: string, from: number, otherwise = body.length): number {
  if (from === -1) return otherwise
  const comma = body.indexOf(',', from)
  return comma === -1 ? body.length : comma + 1
}
