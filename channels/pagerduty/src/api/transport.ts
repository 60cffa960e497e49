/** PagerDuty's answer, of whatever status. */
export interface PagerDutyAnswer {
  readonly status: number
  /** The body as JSON; undefined if there was none, or if it could not be read. */
  readonly data?: unknown
  /** How long PagerDuty asks to wait, milliseconds. */
  readonly retryAfterMs?: number
}

export interface PagerDutyCall {
  readonly method: 'GET' | 'POST'
  /** Below the REST API's address, such as `/incidents/P1/notes`. */
  readonly path: string
  readonly query?: Readonly<Record<string, string | readonly string[]>>
  readonly body?: object
  /** The e-mail address of the user who writes. */
  readonly from?: string
}

/**
 * The two APIs of PagerDuty, as far as this channel needs them. A call resolves for every status. If there is no answer it
 * throws a `LoopError`: `unavailable`, `timeout` or `aborted`. It does not retry.
 */
export interface PagerDutyTransport {
  /** Events API v2. */
  sendEvent(event: object, signal?: AbortSignal): Promise<PagerDutyAnswer>
  /** REST API v2. */
  call(call: PagerDutyCall, signal?: AbortSignal): Promise<PagerDutyAnswer>
}
