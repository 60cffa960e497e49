import { LoopClientError } from './client-error.ts'
import {
  checkCallOptions,
  checkClientOptions,
  type CallOptions,
  type LoopClientOptions,
} from './client-options.ts'
import { problemOf, readJson } from './read-answer.ts'
import { checkHeader, write, type Written } from './write-request.ts'

export interface Call {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  readonly query?: object
  readonly body?: unknown
  /** Whether the server honours an Idempotency-Key for this operation. */
  readonly idempotent?: boolean
  readonly options?: CallOptions
}

export interface Transport {
  /** Resolves to the parsed answer. Throws LoopClientError. */
  json<Answer>(call: Call): Promise<Answer>
  /** Like `json`, for work that may take longer than one request: repeats the request until the server has the result. */
  whenDone<Answer>(call: Call): Promise<Answer>
  /** Resolves to the answer with its body unread. Throws LoopClientError. */
  open(call: Call): Promise<Response>
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>
}

/** The pause between two requests of `whenDone`. The server itself delays its answer to each. */
const betweenMs = 1000

export function createTransport(given: LoopClientOptions): Transport {
  checkClientOptions(given)
  const {
    baseUrl,
    credential,
    fetch = globalThis.fetch,
    timeoutMs = 30_000,
    maxRetries = 2,
    clock = { sleep: wait },
  } = given
  const sleep: Transport['sleep'] = (ms, signal) => clock.sleep(ms, signal)
  const base = baseUrl.replace(/\/+$/, '')
  // A browser's `fetch` throws when it is called as a method of another object.
  const send = (target: string, init: RequestInit): Promise<Response> => fetch(target, init)

  async function once(
    { method, path, query }: Call,
    { headers, body }: Written,
    limit: AbortSignal,
  ): Promise<Response> {
    const secret =
      typeof credential === 'function' ? await resolveCredential(credential, limit) : credential
    // Trimmed, because a credential that was read from a file may end with a line break.
    const authorization = secret === undefined ? undefined : `Bearer ${secret}`.trim()
    checkHeader(authorization, 'credential')
    const response = await send(`${base}/api/v1${path}${searchOf(query)}`, {
      method,
      headers: { ...headers, ...(authorization !== undefined && { authorization }) },
      ...(body !== undefined && { body }),
      // Not 'error', which some edge runtimes do not support. A redirect is refused below.
      redirect: 'manual',
      signal: limit,
    })
    if (response.ok) return response
    throw await problemOf(response)
  }

  /** One attempt, with a time limit. Once `read` returns, the rest of the answer is bounded by `signal` only. */
  async function attempt<Answer>(
    call: Call,
    written: Written,
    read: (response: Response) => Promise<Answer>,
  ): Promise<Answer> {
    const signal = call.options?.signal
    const limit = new AbortController()
    const either = signal ? AbortSignal.any([limit.signal, signal]) : limit.signal
    const over = new AbortController()
    let late = false
    void sleep(timeoutMs, over.signal).then(() => {
      if (over.signal.aborted) return
      late = true
      limit.abort()
    })
    try {
      if (signal?.aborted) throw new LoopClientError('aborted', 'The request was aborted.')
      return await read(await once(call, written, either))
    } catch (error) {
      if (error instanceof LoopClientError) throw error
      if (signal?.aborted) throw new LoopClientError('aborted', 'The request was aborted.')
      if (late)
        throw new LoopClientError('timeout', 'The server did not answer in time.', {
          retryable: true,
        })
      throw new LoopClientError(
        'network',
        'The server could not be reached, or its answer ended early.',
        { retryable: true },
      )
    } finally {
      over.abort()
    }
  }

  async function answered<Answer>(
    call: Call,
    read: (response: Response) => Promise<Answer>,
  ): Promise<Answer> {
    const { method, idempotent = false, options = {} } = call
    checkCallOptions(options)
    const key = idempotent ? (options.idempotencyKey ?? newKey()) : undefined
    // Written once, so that a retry sends the same request even if the caller has changed the object since.
    const written = write(call, key)
    // A request that changes something is retried only if the server recognises the retry by its key.
    const repeats = method === 'GET' || key !== undefined ? maxRetries : 0
    for (let failures = 0; ; failures++) {
      try {
        return await attempt(call, written, read)
      } catch (error) {
        const again = error instanceof LoopClientError && error.retryable && failures < repeats
        // A longer pause is left to the caller.
        if (!again || (error.retryAfterMs ?? 0) > timeoutMs) throw error
        await sleep(error.retryAfterMs ?? Math.random() * 200 * 2 ** failures, options.signal)
      }
    }
  }

  return {
    open: (call) => answered(call, async (response) => response),
    sleep,
    json: <Answer>(call: Call) => answered<Answer>(call, readJson),
    async whenDone<Answer>(call: Call) {
      for (;;) {
        const { status, body } = await answered(call, async (response) => ({
          status: response.status,
          body: await readJson<Answer>(response),
        }))
        if (status !== 202) return body
        await sleep(betweenMs, call.options?.signal)
      }
    },
  }
}

/** Calls the credential function within the time limit. Its failure is reported as `auth` and not as `network`. */
async function resolveCredential(
  credential: () => string | Promise<string>,
  limit: AbortSignal,
): Promise<string> {
  const ended = new AbortController()
  const over = new Promise<never>((_, reject) =>
    limit.addEventListener('abort', () => reject(limit.reason as Error), { signal: ended.signal }),
  )
  try {
    return await Promise.race([credential(), over])
  } catch (cause) {
    if (limit.aborted) throw cause
    throw new LoopClientError('auth', 'The function `credential` failed.', { cause })
  } finally {
    ended.abort()
  }
}

function searchOf(query: object | undefined): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query ?? {}))
    if (value !== undefined) search.set(name, String(value))
  const text = search.toString()
  return text === '' ? '' : `?${text}`
}

/** 128 random bits. Not `randomUUID`, which browsers lack on pages without HTTPS. */
function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

function wait(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve()
    const done = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal?.addEventListener('abort', done)
  })
}
