/** What PagerDuty answered: never thrown, whatever the status. */
export interface PagerDutyAnswer {
  readonly status: number
  /** The body as JSON; undefined when there was none, or none that could be read. */
  readonly data?: unknown
  /** How long PagerDuty asked to be left alone, milliseconds. */
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
 * The two APIs of PagerDuty, as far as this channel needs them. A call resolves with whatever status came back, and
 * throws a `LoopError` when nothing came back: `unavailable`, `timeout` or `aborted`. It does not try again.
 */
export interface PagerDutyTransport {
  /** Events API v2. */
  sendEvent(event: object, signal?: AbortSignal): Promise<PagerDutyAnswer>
  /** REST API v2. */
  call(call: PagerDutyCall, signal?: AbortSignal): Promise<PagerDutyAnswer>
}
