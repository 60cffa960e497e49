import {
  checkTimeout,
  isLoopError,
  LoopError,
  publishEach,
  refuseStrayKeys,
  unlessAborted,
  type CloudEvent,
  type EventSink,
  type KnownKeys,
} from '@loop-engine/core'
import { jetstream, type JetStreamClient } from '@nats-io/jetstream'
import { headers, type NatsConnection, type NodeConnectionOptions } from '@nats-io/transport-node'

import { dial } from './dial.ts'
import { faultOf } from './fault.ts'
import { subjectOf } from './subject.ts'

export interface NatsSinkOptions {
  /** Different for each sink of a system; `nats` by default. */
  readonly name?: string
  /** Servers, credentials and TLS, as for `connect` of `@nats-io/transport-node`. */
  readonly connection: NodeConnectionOptions
  /** First token of every subject; `loops` by default. A stream must take `<prefix>.>`. */
  readonly prefix?: string
  /** Makes the subject of an event, in place of `subjectOf` with `prefix`. */
  readonly subject?: (event: CloudEvent) => string
  /** Time limit until a stream has acknowledged one event, connecting included; 10,000 by default. */
  readonly timeoutMs?: number
}

export interface NatsSink extends EventSink {
  /** Ends the connection. Close the system first. */
  close(): Promise<void>
}

const optionKeys: KnownKeys<NatsSinkOptions> = {
  name: true,
  connection: true,
  prefix: true,
  subject: true,
  timeoutMs: true,
}

/**
 * Publishes each event to NATS JetStream as CloudEvents 1.0 (structured mode) and waits until a stream has stored it.
 * The message has the event's id, so that a repetition within the stream's duplicate window is stored once.
 *
 * `publish` throws `unavailable`, retryable, while no stream accepts an event, and `refused` if none ever will.
 */
export function createNatsSink(options: NatsSinkOptions): NatsSink {
  refuseStrayKeys(options, optionKeys, { what: 'createNatsSink', code: 'invalid_config' })
  const { name = 'nats', connection, prefix = 'loops', timeoutMs = 10_000 } = options
  const { subject = (event) => subjectOf(event, prefix) } = options
  checkTimeout('nats', timeoutMs)
  let opening: Promise<NatsConnection> | undefined

  /**
   * The connection, shared by all sends; a lost one is opened again by the next send. The client's own reconnecting is
   * not used: it would keep events in memory, and send them after the relay has delivered them otherwise.
   */
  async function open(): Promise<NatsConnection> {
    const before = opening
    const known = await before?.catch(() => undefined)
    if (known && !known.isClosed()) return known
    // Another call may have begun to connect meanwhile.
    if (opening === before)
      opening = dial({
        name: 'loop-engine',
        // Notices a server that has disappeared without closing the connection.
        pingInterval: 10_000,
        timeout: timeoutMs,
        ...connection,
        reconnect: false,
      })
    return opening ?? open()
  }

  async function publish(client: JetStreamClient, event: CloudEvent): Promise<void> {
    const attributes = headers()
    attributes.set('Content-Type', 'application/cloudevents+json; charset=utf-8')
    if (event.traceparent !== undefined) attributes.set('traceparent', event.traceparent)
    await client.publish(subject(event), JSON.stringify(event), {
      msgID: event.id,
      headers: attributes,
      timeout: timeoutMs,
    })
  }

  return {
    contract: 'sink/v1',
    name,
    async publish(events, { signal }) {
      if (events.length === 0) return
      const client = await translated(
        stopping(open(), signal).then((connection) => jetstream(connection)),
      )
      await publishEach(events, (event) => translated(stopping(publish(client, event), signal)))
    },
    async close() {
      const known = await opening?.catch(() => undefined)
      opening = undefined
      await known?.close()
    },
  }
}

async function translated<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    throw isLoopError(error) ? error : faultOf(error)
  }
}

/** Stops waiting for the client on an abort, because the client itself cannot be aborted. */
function stopping<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return unlessAborted(
    work,
    signal,
    () =>
      new LoopError('aborted', 'Sending an event was aborted before NATS stored it.', {
        plugin: 'nats',
        retryable: true,
      }),
  )
}
