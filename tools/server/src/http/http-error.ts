import { LoopError, type LoopErrorCode, type LoopErrorOptions } from '@loop-engine/core'

/** The codes of the engine, and those that only HTTP needs. */
export type HttpCode =
  | LoopErrorCode
  | 'method_not_allowed'
  | 'not_acceptable'
  | 'unsupported_media_type'
  | 'precondition_failed'
  | 'cross_site'
  | 'guard_failed'
  | 'rejected'
  | 'internal'

export interface HttpErrorOptions extends LoopErrorOptions {
  readonly headers?: Readonly<Record<string, string>>
  readonly reason?: string
  readonly result?: unknown
  readonly errors?: readonly { readonly path: string; readonly message: string }[]
}

const nearest: Partial<Record<HttpCode, LoopErrorCode>> = {
  precondition_failed: 'conflict',
  cross_site: 'refused',
  guard_failed: 'refused',
  rejected: 'refused',
  internal: 'corrupt',
}

/** An error with an HTTP status. */
export class HttpError extends LoopError {
  readonly status: number
  readonly httpCode: HttpCode
  readonly options: HttpErrorOptions

  constructor(status: number, code: HttpCode, message: string, options: HttpErrorOptions = {}) {
    super(nearest[code] ?? (code as LoopErrorCode), message, options)
    this.status = status
    this.httpCode = code
    this.options = options
  }
}
