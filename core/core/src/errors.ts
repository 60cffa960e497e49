/** Every reason for which Loop Engine throws. Callers switch on the code: messages may change, codes may not. */
export type LoopErrorCode =
  | 'invalid_input'
  | 'invalid_json'
  | 'invalid_definition'
  | 'invalid_actor'
  | 'invalid_config'
  | 'too_large'
  | 'not_found'
  | 'already_exists'
  | 'conflict'
  | 'key_mismatch'
  | 'stopped'
  | 'refused'
  | 'fenced'
  | 'expired'
  | 'timeout'
  | 'aborted'
  | 'closed'
  | 'unavailable'
  | 'unknown_outcome'
  | 'corrupt'
  | 'bad_response'
  | 'auth'
  | 'rate_limited'
  | 'content_filtered'
  | 'truncated'
  | 'unsupported'

export interface LoopErrorOptions {
  /** Where in the input, as a JSON Pointer (RFC 6901). */
  readonly path?: string
  /** What to do about it, in one sentence. */
  readonly hint?: string
  /** Whether the same call may succeed later. */
  readonly retryable?: boolean
  /** The adapter, channel, integration or store that failed. */
  readonly plugin?: string
  /** Facts for programs: identifiers, counts and codes; never evidence, prompts, bodies or keys. */
  readonly details?: Readonly<Record<string, unknown>>
  readonly cause?: unknown
}

const marker = Symbol.for('@loop-engine/error')

/** The one error class. Its message is a sentence: who did what; it never quotes a value. */
export class LoopError extends Error {
  readonly code: LoopErrorCode
  readonly path?: string
  readonly hint?: string
  readonly retryable: boolean
  readonly plugin?: string
  readonly details?: Readonly<Record<string, unknown>>

  constructor(code: LoopErrorCode, message: string, options: LoopErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'LoopError'
    this.code = code
    this.retryable = options.retryable ?? false
    if (options.path !== undefined) this.path = options.path
    if (options.hint !== undefined) this.hint = options.hint
    if (options.plugin !== undefined) this.plugin = options.plugin
    if (options.details !== undefined) this.details = options.details
    Object.defineProperty(this, marker, { value: true })
  }

  toJSON(): Record<string, unknown> {
    const { code, message, path, hint, retryable, plugin, details } = this
    return { code, message, path, hint, retryable, plugin, details }
  }
}

/** Recognises a LoopError even when two copies of this package are loaded. Never throws, whatever was thrown. */
export function isLoopError(error: unknown): error is LoopError {
  try {
    return typeof error === 'object' && error !== null && marker in error
  } catch {
    return false
  }
}
