import type { JsonObject } from '../json/json.ts'

/** One event on the wire: CloudEvents 1.0 with JSON data. */
export interface CloudEvent {
  readonly specversion: '1.0'
  readonly id: string
  readonly source: string
  readonly type: string
  readonly subject: string
  readonly time: string
  readonly datacontenttype: 'application/json'
  /** Per run, zero-padded so that it sorts as text (CloudEvents sequence extension). */
  readonly sequence: string
  readonly partitionkey: string
  readonly traceparent?: string
  readonly data: JsonObject
}

/** A destination of events. Called at least once for each event, in order within a run. */
export interface EventSink {
  readonly contract: 'sink/v1'
  readonly name: string
  publish(events: readonly CloudEvent[], context: { readonly signal: AbortSignal }): Promise<void>
}
