import { LoopClientError } from './client-error.ts'

export interface LoopClientOptions {
  /** The address of the server, such as `https://loops.example.com`; empty for the origin of the page. */
  readonly baseUrl: string
  /** An API key or bearer token, or a function that returns the current one; by default the browser's session counts. */
  readonly credential?: string | (() => string | Promise<string>)
  readonly fetch?: typeof globalThis.fetch
  /** How long one attempt may take; 30,000 by default. */
  readonly timeoutMs?: number
  /** Attempts after the first, for requests that are safe to repeat; 2 by default. */
  readonly maxRetries?: number
  /** Waits; `setTimeout` by default. */
  readonly clock?: { sleep(ms: number, signal?: AbortSignal): Promise<void> }
}

export interface CallOptions {
  readonly signal?: AbortSignal
  /** The run as the caller saw it. The server refuses the request with `precondition_failed` if it has changed since. */
  readonly expected?: { readonly runId: string; readonly version: number }
  /** A key of your own, with which you can repeat the request after a crash; a random key by default. */
  readonly idempotencyKey?: string
}

const clientKeys: Readonly<Record<keyof LoopClientOptions, true>> = {
  baseUrl: true,
  credential: true,
  fetch: true,
  timeoutMs: true,
  maxRetries: true,
  clock: true,
}
const callKeys: Readonly<Record<keyof CallOptions, true>> = {
  signal: true,
  expected: true,
  idempotencyKey: true,
}

/** Throws `invalid_config` for an option that is unknown, for instance because it is misspelt. */
export function checkClientOptions(options: LoopClientOptions): void {
  refuseStrayKeys('createLoopClient', 'invalid_config', options, clientKeys)
  checkTimeLimit('timeoutMs', 'invalid_config', options.timeoutMs)
}

/** Throws `invalid_input` for an unknown option: with a misspelt `idempotencyKey` a request could take effect twice. */
export function checkCallOptions(options: CallOptions): void {
  refuseStrayKeys('A request', 'invalid_input', options, callKeys)
}

/** Refuses a time limit that no timer can keep: a timer of 2^31 ms or more would fire at once. */
export function checkTimeLimit(name: string, code: string, ms: number | undefined): void {
  if (ms === undefined || (ms > 0 && ms < 2 ** 31)) return
  throw new LoopClientError(code, 'A time limit is not valid.', {
    problem: { path: `/${name}`, hint: 'Give milliseconds above zero, at most 24 days.' },
  })
}

function refuseStrayKeys(
  what: string,
  code: string,
  options: object,
  known: Readonly<Record<string, true>>,
): void {
  for (const [key, value] of Object.entries(options)) {
    if (value === undefined || Object.hasOwn(known, key)) continue
    throw new LoopClientError(code, `${what} has no option of this name.`, {
      problem: { path: `/${key}`, hint: `Its options are ${Object.keys(known).join(', ')}.` },
    })
  }
}
