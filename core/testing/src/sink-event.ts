import type { CloudEvent } from '@loop-engine/core'

/** A text in every test event that must not leak into errors. */
export const sinkSecret = 'DATA-THAT-STAYS-INSIDE'

/**
 * A test event with characters that are not ASCII, among them a
 * line separator. `seq` is the number of its entry in the run.
 */
export function sinkEvent(seq: number): CloudEvent {
  return {
    specversion: '1.0',
    id: `${'a'.repeat(63)}${seq}`,
    source: 'urn:loop-engine:acme:order',
    type: 'dev.loop-engine.loop.transition.executed.v1',
    subject: 'Bestellung 1 für ümläute',
    time: new Date(1_750_000_000_000 + seq).toISOString(),
    datacontenttype: 'application/json',
    sequence: `${String(seq).padStart(16, '0')}.0000`,
    partitionkey: 'run-1',
    traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    data: { seq, note: `${sinkSecret} ümläut \u2028` },
  }
}
