/** A request that the server refused or that failed on the way. Switch on `code`, never on the message. */
export class LoopClientError extends Error {
  /** The server's code, or one of `network`, `timeout`, `aborted` and `bad_response` if the server gave none. */
  readonly code: string
  /** The HTTP status; 0 if there was no answer. */
  readonly status: number
  /** A more precise reason of a refusal, also stable. */
  readonly reason: string | undefined
  readonly hint: string | undefined
  readonly path: string | undefined
  /** Whether the same request may succeed later. */
  readonly retryable: boolean
  /** The id of the request in the server's log. */
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
