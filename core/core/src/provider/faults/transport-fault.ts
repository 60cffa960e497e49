import { z } from 'zod'

import type { ModelFault } from './model-fault.ts'

/** Reads errors that the vendors' SDKs pass on from below them. An unknown error becomes a fault too, without its text. */
export function transportFault(error: unknown): ModelFault {
  if (error instanceof z.ZodError || error instanceof SyntaxError) return { kind: 'bad_response' }
  if (!(error instanceof Error)) return { kind: 'unknown' }
  if (error.name === 'TimeoutError') return { kind: 'timeout' }
  // `fetch` fails with a TypeError that has the socket's error as its cause; one without is a bug or a bad header.
  if (error instanceof TypeError && error.cause !== undefined) return { kind: 'network' }
  return { kind: 'unknown', vendorCode: error.name }
}
