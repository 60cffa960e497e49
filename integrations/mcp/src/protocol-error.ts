import {
  ProtocolError,
  ProtocolErrorCode,
  ResourceNotFoundError,
} from '@modelcontextprotocol/server'

import { faultOf } from './fault.ts'
import type { Session } from './session.ts'

/** A protocol error, with our code in its data, for methods whose results have no form for errors. */
export function asProtocolError(error: unknown, { report }: Session, uri?: string): ProtocolError {
  const fault = faultOf(error, report)
  // Clients recognise a missing resource by data that holds only its address.
  if (fault.code === 'not_found' && uri !== undefined) return new ResourceNotFoundError(uri)
  const theirs = ['invalid_input', 'not_found', 'too_large'].includes(fault.code)
  return new ProtocolError(
    theirs ? ProtocolErrorCode.InvalidParams : ProtocolErrorCode.InternalError,
    fault.message,
    fault,
  )
}
