import {
  isRecord,
  parseRecord,
  type OutboxClaim,
  type OutboxItem,
  type TraceContext,
} from '@loop-engine/core'

import type { Kernel } from '../kernel.ts'

/**
 * Where an order belongs travels in its payload, so that no store has to know of it. What is ordered is canonical JSON
 * or our own, so none of it begins with a space: an input of an effect cannot pass for an envelope.
 */
const mark = ' '

/** The items as they are kept: under telemetry, with where they belong. */
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

/** An order as it was given, whoever carries it out. What is no envelope is judged as the order that it was put in place of. */
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
