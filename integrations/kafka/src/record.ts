import type { CloudEvent } from '@loop-engine/core'

export interface EventRecord {
  readonly topic: string
  readonly key: Buffer
  readonly value: Buffer
  readonly headers: Map<Buffer, Buffer>
}

/**
 * An event as a record of CloudEvents' Kafka binding (binary mode): the data is the value, each attribute is a header,
 * and the key is the `partitionkey`, the run of the instance, so that the events of a run share a partition.
 */
export function recordOf(event: CloudEvent, topic: string): EventRecord {
  const { data, datacontenttype, traceparent, ...attributes } = event
  const headers = new Map<Buffer, Buffer>()
  const set = (name: string, value: string): void =>
    void headers.set(Buffer.from(name), Buffer.from(value))
  set('content-type', datacontenttype)
  for (const [name, value] of Object.entries(attributes)) set(`ce_${name}`, value)
  if (traceparent !== undefined) {
    set('ce_traceparent', traceparent)
    // Instrumentation of consumers looks for this name.
    set('traceparent', traceparent)
  }
  return {
    topic,
    key: Buffer.from(event.partitionkey),
    value: Buffer.from(JSON.stringify(data)),
    headers,
  }
}
