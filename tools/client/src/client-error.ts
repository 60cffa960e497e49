/** What the server, the network or the wait for them refused. Callers switch on `code`, never on the message. */
export class LoopClientError extends Error {
  /** The server's code; or `network`, `timeout`, `aborted` or `bad_response` when it did not get to say one. */
  readonly code: string
  /** 0 when there was no answer. */
  readonly status: number
  /** The finer, stable reason of a refusal. */
  readonly reason: string | undefined
  readonly hint: string | undefined
  readonly path: string | undefined
  /** Whether the same request may succeed later. */
  readonly retryable: boolean
  /** Under which the server's log knows the request. */
  readonly requestId: string | undefined
  readonly problem: Readonly<Record<string, unknown>>
  /** How long the server asks to wait, milliseconds. */
  readonly retryAfterMs: number | undefined

  constructor(
    code: string,
    message: string,
    {
      status = 0,
      retryable = false,
      problem = {},
      retryAfterMs,
      cause,
    }: {
      readonly status?: number
      readonly retryable?: boolean
      readonly problem?: Readonly<Record<string, unknown>>
      readonly retryAfterMs?: number
      readonly cause?: unknown
    } = {},
  ) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'LoopClientError'
    this.code = code
    this.status = status
    this.retryable = retryable
    this.problem = problem
    this.reason = textAt(problem, 'reason')
    this.hint = textAt(problem, 'hint')
    this.path = textAt(problem, 'path')
    this.requestId = textAt(problem, 'requestId')
    this.retryAfterMs = retryAfterMs
  }
}

function textAt(problem: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = problem[name]
  return typeof value === 'string' ? value : undefined
}
