import type { CloudEvent, JsonObject, StoredEntry } from '@loop-engine/core'

import { deriveEvents, type LoopEvent, type LoopEventType } from './derive-events.ts'

/** The events of one entry as CloudEvents 1.0, in order. Converting the same entry again gives the same ids. */
export function toCloudEvents(stored: StoredEntry): readonly CloudEvent[] {
  return deriveEvents(stored).map(toCloudEvent)
}

/** Converts one event. The `data` is the recorded entry, which never holds the evidence itself. */
export function toCloudEvent(event: LoopEvent): CloudEvent {
  const { id, type, tenant, loopId, aggregateId, runId, at, entry, hash, guard } = event
  return {
    specversion: '1.0',
    id,
    source: `urn:loop-engine:${encodeURIComponent(tenant)}:${encodeURIComponent(loopId)}`,
    type: cloudEventType(type),
    subject: printable(aggregateId),
    time: new Date(at).toISOString(),
    datacontenttype: 'application/json',
    sequence: sequenceOf(event),
    partitionkey: printable(runId),
    ...(entry.traceparent !== undefined && { traceparent: entry.traceparent }),
    data: { hash, entry, ...(guard && { guard }) } as unknown as JsonObject,
  }
}

/** A number that sorts as text: by entry, then by the index of the event within its entry. */
function sequenceOf({ seq, index }: LoopEvent): string {
  return `${`${seq}`.padStart(16, '0')}.${`${index}`.padStart(4, '0')}`
}

/** `loop.started` is `dev.loop-engine.loop.started.v1` on the wire. */
function cloudEventType(type: LoopEventType): string {
  return `dev.loop-engine.${type}.v1`
}

/**
 * Escapes what CloudEvents forbids in attributes, control
 * characters and noncharacters; a line break would split a header.
 */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Noncharacter_Code_Point}]/gu, encodeURIComponent)
}
