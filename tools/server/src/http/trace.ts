import type { Identifiers } from '@loop-engine/core'

const pattern = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?$/
const nothing = /^0+$/

export interface Trace {
  /** The trace for the record: the caller's span, or a new one. */
  readonly incoming: string
  /** The server's span in the same trace, sent with the answer. */
  readonly outgoing: string
  readonly traceId: string
}

/** Joins the caller's trace (W3C Trace Context), or begins one. */
export function traceOf(header: string | null, ids: Identifiers): Trace {
  const known = header === null ? null : parse(header)
  const traceId = known?.traceId ?? ids.salt()
  const flags = known?.flags ?? '00'
  const outgoing = `00-${traceId}-${ids.salt().slice(16)}-${flags}`
  return { incoming: known?.text ?? outgoing, outgoing, traceId }
}

function parse(header: string): { text: string; traceId: string; flags: string } | null {
  const match = header.length <= 256 ? pattern.exec(header) : null
  const [, version = '', traceId = '', span = '', flags = ''] = match ?? []
  if (!match || version === 'ff' || nothing.test(traceId) || nothing.test(span)) return null
  if (version === '00' && header.length !== 55) return null
  return { text: `00-${traceId}-${span}-${flags}`, traceId, flags }
}
