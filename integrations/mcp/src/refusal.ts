import type { Fault } from './fault.ts'

export interface RefusalOptions {
  readonly id?: string | number | null
  readonly code?: number
}

/** What a message is answered that no server is asked about. */
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
    hint: `It may have ${maxBytes} bytes.`,
    retryable: false,
  }
}
