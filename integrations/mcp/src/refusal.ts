import type { Fault } from './fault.ts'

export interface RefusalOptions {
  readonly id?: string | number | null
  readonly code?: number
}

/** The answer to a message that is refused before a server sees it. */
export function refusalOf(
  fault: Fault,
  { id = null, code = -32_000 }: RefusalOptions = {},
): object {
  return { jsonrpc: '2.0', id, error: { code, message: fault.message, data: fault } }
}

export function tooLong(maxBytes: number): Fault {
  return {
    code: 'too_large',
    message: 'The message is too long.',
    hint: `A message may have at most ${maxBytes} bytes.`,
    retryable: false,
  }
}
