import type { CloudEvent } from '@loop-engine/core'

export const event: CloudEvent = {
  specversion: '1.0',
  id: 'e'.repeat(64),
  source: 'urn:loop-engine:acme:order',
  type: 'dev.loop-engine.loop.completed.v1',
  subject: 'Bestellung 1 für ümläute',
  time: '2026-01-01T00:00:00.000Z',
  datacontenttype: 'application/json',
  sequence: '0000000000000001.0000',
  partitionkey: 'run-1',
  traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  data: { note: 'ümläut \u2028' },
}
