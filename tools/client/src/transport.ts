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
  /** Whether the server keeps the answer for a repetition. */
  readonly idempotent?: boolean
  readonly options?: CallOptions
}

export interface Transport {
  /** The parsed answer. Throws LoopClientError. */
  json<Answer>(call: Call): Promise<Answer>
  /** The same of what may take longer than one request: asked for until the server has it. */
  whenDone<Answer>(call: Call): Promise<Answer>
  /** The answer as it comes; a problem is thrown. */
  open(call: Call): Promise<Response>
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>
}

/** Between two looks at what the server is not done with; it keeps each of them waiting for a while itself. */
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
  // In a browser `fetch` wants to be called on nothing.
  const send = (target: string, init: RequestInit): Promise<Response> => fetch(target, init)

  async function once(
    { method, path, query }: Call,
    { headers, body }: Written,
    limit: AbortSignal,
  ): Promise<Response> {
    const secret = typeof credential === 'function' ? await had(credential, limit) : credential
    // Out of a file it comes with the end of its line.
    const authorization = secret === undefined ? undefined : `Bearer ${secret}`.trim()
    checkHeader(authorization, 'credential')
    const response = await send(`${base}/api/v1${path}${searchOf(query)}`, {
      method,
      headers: { ...headers, ...(authorization !== undefined && { authorization }) },
      ...(body !== undefined && { body }),
      // Not 'error', which some runtimes at the edge do not know: an answer from elsewhere is refused below.
      redirect: 'manual',
      signal: limit,
    })
    if (response.ok) return response
    throw await problemOf(response)
  }

  /** One attempt with its own time limit; what `read` leaves of the answer is under `signal` alone. */
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
        'The server could not be reached, or its answer broke off.',
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
    // Once: a repetition is the same request, whatever has become of the object that was handed in.
    const written = write(call, key)
    // Whatever changes something is repeated only where the server knows a repetition.
    const repeats = method === 'GET' || key !== undefined ? maxRetries : 0
    for (let failures = 0; ; failures++) {
      try {
        return await attempt(call, written, read)
      } catch (error) {
        const again = error instanceof LoopClientError && error.retryable && failures < repeats
        // Nobody is kept waiting, without a word, for longer than an attempt may take.
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

/** What the application says went wrong is no network that is away; and it is not waited for without end. */
async function had(
  credential: () => string | Promise<string>,
  limit: AbortSignal,
): Promise<string> {
  const over = new Promise<never>((_, reject) =>
    limit.addEventListener('abort', () => reject(limit.reason as Error), { once: true }),
  )
  try {
    return await Promise.race([credential(), over])
  } catch (cause) {
    if (limit.aborted) throw cause
    throw new LoopClientError('auth', 'The credential could not be had.', { cause })
  }
}

function searchOf(query: object | undefined): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query ?? {}))
    if (value !== undefined) search.set(name, String(value))
  const text = search.toString()
  return text === '' ? '' : `?${text}`
}

/** 128 random bits; `randomUUID` is missing on pages without HTTPS. */
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
