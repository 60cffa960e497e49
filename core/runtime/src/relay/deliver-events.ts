import type { OutboxClaim, TraceContext } from '@loop-engine/core'
import { toCloudEvents } from '@loop-engine/events'

import type { Delivery } from '../delivery.ts'
import type { Kernel } from '../kernel.ts'
import { unregistered } from '../unregistered.ts'

/** Hands the events of one entry to one sink. Their ids derive from the entry, so a repetition is recognised. */
export async function deliverEvents(
  kernel: Kernel,
  claim: OutboxClaim,
  { signal, trace }: { readonly signal: AbortSignal; readonly trace: TraceContext | undefined },
): Promise<Delivery> {
  const sink = kernel.sinks.get(claim.name)
  if (!sink) return unregistered(kernel, 'sink', claim.name)
  const [entry] = await kernel.store.entries(claim.tenant, claim.runId, {
    from: claim.seq,
    to: claim.seq,
  })
  if (!entry) return { kind: 'dead', error: 'corrupt: The entry of an event is gone.' }
  const events = toCloudEvents(entry)
  // Receivers continue the trace of the work that recorded the event.
  const traced = trace
    ? events.map((event) => ({ ...event, traceparent: trace.traceparent }))
    : events
  await sink.publish(traced, { signal })
  return { kind: 'done' }
}
