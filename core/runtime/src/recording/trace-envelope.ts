import {
  isRecord,
  parseRecord,
  type OutboxClaim,
  type OutboxItem,
  type TraceContext,
} from '@loop-engine/core'

import type { Kernel } from '../kernel.ts'

/**
 * The first character of an envelope. The trace of an order travels in its payload, so that stores need not know of it. No
 * other payload begins with a space, so the input of an effect cannot pass for an envelope.
 */
const mark = ' '

/** The items as they are stored: under telemetry, with their place in the trace. */
export function enveloped(
  { telemetry }: Kernel,
  items: readonly OutboxItem[],
  origin: TraceContext | undefined,
): readonly OutboxItem[] {
  const trace = telemetry?.carry(origin)
  if (!trace) return items
  return items.map((item) => ({
    ...item,
    payload: mark + JSON.stringify({ trace, payload: item.payload }),
  }))
}

/** The order in a claimed item, and its place in the trace. A broken envelope is returned as it is, and fails as an order. */
export function openEnvelope(claim: OutboxClaim): {
  readonly claim: OutboxClaim
  readonly trace?: TraceContext
} {
  if (!claim.payload.startsWith(mark)) return { claim }
  const { trace, payload } = parseRecord(claim.payload) ?? {}
  if (typeof payload !== 'string' || !isTrace(trace)) return { claim }
  return { claim: { ...claim, payload }, trace }
}

function isTrace(trace: unknown): trace is TraceContext {
  return isRecord(trace) && typeof trace['traceparent'] === 'string'
}
