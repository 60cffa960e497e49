import type { TraceContext } from '@loop-engine/core'
import {
  createTraceState,
  isSpanContextValid,
  ROOT_CONTEXT,
  trace,
  type Context,
  type Link,
  type SpanContext,
} from '@opentelemetry/api'

const pattern = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/

/** Writes a span's context as text; undefined if nothing traces. */
export function writeContext(span: SpanContext | undefined): TraceContext | undefined {
  if (!span || !isSpanContextValid(span)) return undefined
  const tracestate = span.traceState?.serialize()
  return { traceparent: traceparentOf(span), ...(tracestate && { tracestate }) }
}

export function traceparentOf({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`
}

/** Reads a span's context from text; undefined for text that names none, because anybody may have written it. */
export function readContext(
  traceparent: string | undefined,
  tracestate?: string,
): SpanContext | undefined {
  const match = typeof traceparent === 'string' ? pattern.exec(traceparent) : null
  if (!match) return undefined
  const [, traceId = '', spanId = '', flags = ''] = match
  const span: SpanContext = {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16) & 1,
    isRemote: true,
    ...(tracestate && { traceState: createTraceState(tracestate) }),
  }
  return isSpanContextValid(span) ? span : undefined
}

/** A context whose spans are children of `span`; without `span` they begin a new trace. */
export function below(span: SpanContext | undefined): Context {
  return span ? trace.setSpanContext(ROOT_CONTEXT, span) : ROOT_CONTEXT
}

export function linksTo(...spans: readonly (SpanContext | undefined)[]): Link[] {
  return spans.flatMap((context) => (context ? [{ context }] : []))
}
