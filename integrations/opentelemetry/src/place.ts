import { context, trace, type Context, type Link } from '@opentelemetry/api'

import type { Observer } from './observer.ts'
import { below, linksTo, readContext } from './trace-context.ts'

/** The place of a span: below the active span of this process, or else where the caller's `traceparent` points. */
export function placeOf(
  { traceparent }: { readonly traceparent?: string },
  incoming: Observer['incoming'],
): { parent: Context; links: Link[] } {
  const active = context.active()
  if (trace.getSpanContext(active)) return { parent: active, links: [] }
  const named = readContext(traceparent)
  if (incoming === 'link') return { parent: below(undefined), links: linksTo(named) }
  return { parent: below(named), links: [] }
}
