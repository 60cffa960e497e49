import { LoopClientError } from './client-error.ts'

export interface LoopClientOptions {
  /** Where the server is, e.g. `https://loops.example.com`; empty for the origin of the page. */
  readonly baseUrl: string
  /** An API key or a bearer token, or what gives the current one; without it the browser's session counts. */
  readonly credential?: string | (() => string | Promise<string>)
  readonly fetch?: typeof globalThis.fetch
  /** How long one attempt may take. */
  readonly timeoutMs?: number
  /** Attempts after the first, of what may be repeated safely. */
  readonly maxRetries?: number
  /** How it waits: timers, or those of a test. */
  readonly clock?: { sleep(ms: number, signal?: AbortSignal): Promise<void> }
}

export interface CallOptions {
  readonly signal?: AbortSignal
  /** The run as it was seen; the server refuses with `precondition_failed` when it has moved since. */
  readonly expected?: { readonly runId: string; readonly version: number }
  /** A key of your own, to repeat the request after a crash; one is made up otherwise. */
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

/** Throws `invalid_config` for an option that would be ignored: most often one that is misspelt. */
export function checkClientOptions(options: LoopClientOptions): void {
  refuseStrayKeys('createLoopClient', 'invalid_config', options, clientKeys)
  checkTimeLimit('timeoutMs', 'invalid_config', options.timeoutMs)
}

/** The same, as `invalid_input`: without its key a request may happen twice. */
export function checkCallOptions(options: CallOptions): void {
  refuseStrayKeys('A request', 'invalid_input', options, callKeys)
}

/** Refuses a time that no timer keeps: one that is too long would be over at once. */
export function checkTimeLimit(name: string, code: string, ms: number | undefined): void {
  if (ms === undefined || (ms > 0 && ms < 2 ** 31)) return
  throw new LoopClientError(code, 'A time limit is none.', {
    problem: { path: `/${name}`, hint: 'Give milliseconds, at most 24 days.' },
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
    throw new LoopClientError(code, `${what} knows no such option.`, {
      problem: { path: `/${key}`, hint: `Its options are ${Object.keys(known).join(', ')}.` },
    })
  }
}
