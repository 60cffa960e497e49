import { isLoopError, LoopError, toPointer, type LoopErrorCode } from '@loop-engine/core'
import type { z } from 'zod'

/** An error as a client gets it. `internal` stands for an unexpected error, whose details are not told. */
export interface Fault {
  readonly code: LoopErrorCode | 'internal'
  readonly message: string
  readonly path?: string
  readonly hint?: string
  readonly retryable: boolean
  readonly reason?: string
}

/** The error for a client. Details of an unexpected error go to `report` only. */
export function faultOf(error: unknown, report: (error: unknown) => void): Fault {
  if (isLoopError(error)) return shownFault(error)
  report(error)
  return { code: 'internal', message: 'The server could not answer.', retryable: false }
}

export function shownFault({ code, message, path, hint, retryable, details }: LoopError): Fault {
  const reason = details?.['reason']
  return {
    code,
    message,
    ...(path !== undefined && { path }),
    ...(hint !== undefined && { hint }),
    retryable,
    ...(typeof reason === 'string' && { reason }),
  }
}

/** Reads the input of a client. Throws `invalid_input` with the path of the first mistake. */
export function readInput<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
): z.infer<Schema> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const keys = issue?.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : []
  throw new LoopError('invalid_input', 'The input does not match its schema.', {
    path: toPointer([...(issue?.path ?? []), ...keys]),
    hint: keys.length > 0 ? 'There is no such field.' : issue?.message.slice(0, 256),
  })
}
