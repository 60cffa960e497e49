import {
  ProtocolError,
  ProtocolErrorCode,
  ResourceNotFoundError,
} from '@modelcontextprotocol/server'

import { faultOf } from './fault.ts'
import type { Session } from './session.ts'

/** An error for methods whose results cannot say that they failed. Our code stands in its data. */
export function asProtocolError(error: unknown, { report }: Session, uri?: string): ProtocolError {
  const fault = faultOf(error, report)
  // Clients know a missing resource by data that holds its address and nothing else.
  if (fault.code === 'not_found' && uri !== undefined) return new ResourceNotFoundError(uri)
  const theirs = ['invalid_input', 'not_found', 'too_large'].includes(fault.code)
  return new ProtocolError(
    theirs ? ProtocolErrorCode.InvalidParams : ProtocolErrorCode.InternalError,
    fault.message,
    fault,
  )
}
