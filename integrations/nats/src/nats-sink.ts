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
  /** Tells the sinks of a system apart; `nats` by default. */
  readonly name?: string
  /** Servers, credentials and TLS, as `connect` of `@nats-io/transport-node` takes them. */
  readonly connection: NodeConnectionOptions
  /** First token of every subject; `loops` by default. A stream must take `<prefix>.>`. */
  readonly prefix?: string
  /** Where an event goes, when neither the default nor `prefix` fits. */
  readonly subject?: (event: CloudEvent) => string
  /** Milliseconds until a stream has acknowledged one event, connection included; 10,000 by default. */
  readonly timeoutMs?: number
}

export interface NatsSink extends EventSink {
  /** Ends the connection. Call it after the system was closed. */
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
 * The id of the message is the event's own, so that a repetition within the stream's duplicate window is stored once.
 *
 * Throws `unavailable`, retryable, while no stream takes the event, and `refused` when none ever will.
 */
export function createNatsSink(options: NatsSinkOptions): NatsSink {
  refuseStrayKeys(options, optionKeys, { what: 'createNatsSink', code: 'invalid_config' })
  const { name = 'nats', connection, prefix = 'loops', timeoutMs = 10_000 } = options
  const { subject = (event) => subjectOf(event, prefix) } = options
  checkTimeout('nats', timeoutMs)
  let opening: Promise<NatsConnection> | undefined

  /**
   * One connection for all; a lost one is opened again when there is something to say. The client's own reconnecting
   * would keep events in memory and send them when the relay has long given them to someone else.
   */
  async function open(): Promise<NatsConnection> {
    const before = opening
    const known = await before?.catch(() => undefined)
    if (known && !known.isClosed()) return known
    // Somebody else may have begun to connect in the meantime.
    if (opening === before)
      opening = dial({
        name: 'loop-engine',
        // Finds a peer that is gone without a word.
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
      const client = await understood(
        stopping(open(), signal).then((connection) => jetstream(connection)),
      )
      await publishEach(events, (event) => understood(stopping(publish(client, event), signal)))
    },
    async close() {
      const known = await opening?.catch(() => undefined)
      opening = undefined
      await known?.close()
    },
  }
}

async function understood<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    throw isLoopError(error) ? error : faultOf(error)
  }
}

/** The client cannot be told to stop. */
function stopping<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return unlessAborted(
    work,
    signal,
    () =>
      new LoopError('aborted', 'An event was stopped before NATS had stored it.', {
        plugin: 'nats',
        retryable: true,
      }),
  )
}
