/**
 * Where the values of the last fields of an entry's body begin; -1 for those it does not have. From `prevHash` on a body
 * has only plain fields, in this order, so that they are found without parsing what comes before.
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
const [quote, backslash] = [0x22, 0x5c]

// Entries of a run are much alike: the tail begins about as far from the end as the one before it did.
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

/** Nothing nested reads like this up to the last brace, so what does is the tail. */
function readTail(body: string, from: number): EntryTail | null {
  const prevHash = from + start.length
  let at = pastText(body, prevHash)
  if (body.startsWith('"reason":"', at)) at = pastText(body, at + 10)
  if (body.startsWith('"receipt":"', at)) at = pastText(body, at + 11)
  if (body.startsWith('"receiptExpiresAt":', at)) at = pastNumber(body, at + 19)
  if (!body.startsWith('"runId":"', at)) return null
  const runId = at + 9
  at = pastText(body, runId)
  if (!body.startsWith('"seq":', at)) return null
  const seq = at + 6
  at = pastNumber(body, seq)
  const status = body.startsWith('"status":"', at) ? at + 10 : -1
  if (status !== -1) at = pastText(body, status)
  if (!body.startsWith('"tenant":"', at)) return null
  const tenant = at + 10
  at = pastText(body, tenant)
  const toState = body.startsWith('"toState":"', at) ? at + 11 : -1
  if (toState !== -1) at = pastText(body, toState)
  if (body.startsWith('"traceparent":"', at)) at = pastText(body, at + 15)
  const transitionId = body.startsWith('"transitionId":"', at) ? at + 16 : -1
  if (transitionId !== -1) at = pastText(body, transitionId)
  if (!body.startsWith('"type":"', at)) return null
  const type = at + 8
  at = pastText(body, type)
  if (!body.startsWith('"v":1}', at) || at + 6 !== body.length) return null
  const length = body.length - from
  return { length, prevHash, runId, seq, status, tenant, toState, transitionId, type }
}

/** Whether the text value that begins here is this one, which is written without escapes. */
export function holdsPlain(body: string, from: number, text: string): boolean {
  return body.startsWith(text, from) && body.charCodeAt(from + text.length) === quote
}

/** Whether the text value that begins here is this one. */
export function holdsText(body: string, from: number, text: string): boolean {
  // A backslash begins an escape in the body, and stands for itself in the text.
  if (holdsPlain(body, from, text) && !text.includes('\\')) return true
  return body.startsWith(JSON.stringify(text), from - 1)
}

export function holdsNumber(body: string, from: number, number: number): boolean {
  const digits = String(number)
  return body.startsWith(digits, from) && body[from + digits.length] === ','
}

/** What kind of entry a body says that it is; types are written without escapes. */
export function typeOf(body: string): string | null {
  const tail = tailOf(body)
  return tail && body.slice(tail.type, body.indexOf('"', tail.type))
}

/** Past the closing quote and the comma behind it. */
function pastText(body: string, from: number): number {
  const end = body.indexOf('"', from)
  if (end === -1) return body.length
  // Behind a backslash the quote may be part of the text.
  return (body.charCodeAt(end - 1) === backslash ? endOfText(body, from) : end) + 2
}

function endOfText(body: string, from: number): number {
  let at = from
  while (at < body.length && body.charCodeAt(at) !== quote)
    at += body.charCodeAt(at) === backslash ? 2 : 1
  return at
}

/** Past the digits and the comma behind them. */
function pastNumber(body: string, from: number): number {
  const comma = body.indexOf(',', from)
  return comma === -1 ? body.length : comma + 1
}
