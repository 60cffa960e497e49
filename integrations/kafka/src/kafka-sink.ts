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
import { compatibilityPartitioner, Producer, type BaseOptions } from '@platformatic/kafka'

import { faultOf, isOfTopic } from './fault.ts'
import { recordOf, type EventRecord } from './record.ts'
import { createTogether } from './together.ts'

export interface KafkaSinkOptions {
  /** Tells the sinks of a system apart; `kafka` by default. */
  readonly name?: string
  /** `bootstrapBrokers`, and `sasl` and `tls` as `Producer` of `@platformatic/kafka` takes them. */
  readonly connection: Pick<BaseOptions, 'bootstrapBrokers' | 'sasl' | 'tls'> & {
    readonly clientId?: string
  }
  /** The topic of all events, or of each; `loop-events` by default. It must be there: none is created. */
  readonly topic?: string | ((event: CloudEvent) => string)
  /** Milliseconds until a topic has acknowledged what was sent together, connection included; 10,000 by default. */
  readonly timeoutMs?: number
}

export interface KafkaSink extends EventSink {
  /** Ends the connections. Call it after the system was closed. */
  close(): Promise<void>
}

const optionKeys: KnownKeys<KafkaSinkOptions> = {
  name: true,
  connection: true,
  topic: true,
  timeoutMs: true,
}
const connectionKeys: KnownKeys<KafkaSinkOptions['connection']> = {
  bootstrapBrokers: true,
  clientId: true,
  sasl: true,
  tls: true,
}

/**
 * Writes each event to Kafka as one record (CloudEvents 1.0, binary mode) and waits until every replica in sync has it.
 * The key is the run of the instance, so that its events are in one partition, in order. The producer is idempotent.
 *
 * Throws `unavailable`, retryable, while the topic does not take the event, and `refused` when it never will.
 */
export function createKafkaSink(options: KafkaSinkOptions): KafkaSink {
  refuse(options, optionKeys, '')
  const { name = 'kafka', connection, topic = 'loop-events', timeoutMs = 10_000 } = options
  refuse(connection, connectionKeys, '/connection')
  checkTimeout('kafka', timeoutMs)
  let producer: Producer<Buffer, Buffer, Buffer, Buffer> | undefined

  const open = (): Producer<Buffer, Buffer, Buffer, Buffer> =>
    new Producer({
      ...connection,
      clientId: connection.clientId ?? 'loop-engine',
      idempotent: true,
      // As Java's clients do, so that other topics with the same keys are partitioned alike.
      partitioner: compatibilityPartitioner,
      autocreateTopics: false,
      connectTimeout: timeoutMs,
      requestTimeout: timeoutMs,
      timeout: timeoutMs,
      // An outage is the relay's to wait out. Fewer than two would mean without end.
      retries: 2,
      retryDelay: 50,
    })

  // The client numbers what it sends; two sends at once could get the same numbers after a failure of a third, and a
  // broker drops what it believes to have. So there is one at a time, with everything that waits.
  const together = createTogether<readonly EventRecord[]>(
    async (pieces) => {
      producer ??= open()
      const current = producer
      const messages = pieces.flat()
      try {
        await unlessAborted(current.send({ messages }), AbortSignal.timeout(timeoutMs), tooLate)
      } catch (error) {
        // A producer that failed is given up with all that it may still try: nothing of it arrives behind what comes next.
        producer = undefined
        void current.close(true).catch(() => undefined)
        throw isLoopError(error) ? error : faultOf(error)
      }
    },
    (error) => {
      if (!isLoopError(error)) return undefined
      if (!error.retryable) return (records) => records
      return isOfTopic(error) ? topicsOf : undefined
    },
  )

  async function store(records: readonly EventRecord[], signal: AbortSignal): Promise<void> {
    try {
      await together.add(records, signal)
    } catch (error) {
      const isRefused = isLoopError(error) && error.code === 'refused'
      if (!isRefused || records.length === 1) throw error
      // A broker refuses all that came with what it refuses.
      await publishEach(records, (record) => together.add([record], signal))
    }
  }

  return {
    contract: 'sink/v1',
    name,
    async publish(events, { signal }) {
      if (events.length === 0) return
      if (signal.aborted) throw stopped()
      // Here, so that a topic that cannot be told is the fault of these events alone.
      const records = events.map((event) =>
        recordOf(event, typeof topic === 'string' ? topic : topic(event)),
      )
      await unlessAborted(store(records, signal), signal, stopped)
    },
    async close() {
      const current = producer
      producer = undefined
      await current?.close(true)
    },
  }
}

function refuse(given: unknown, known: Readonly<Record<string, true>>, path: string): void {
  refuseStrayKeys(given, known, { what: 'createKafkaSink', code: 'invalid_config', path })
}

function topicsOf(records: readonly EventRecord[]): string {
  return [...new Set(records.map(({ topic }) => topic))].join(' ')
}

function tooLate(): LoopError {
  return new LoopError('unavailable', 'Kafka did not acknowledge an event in time.', {
    plugin: 'kafka',
    retryable: true,
  })
}

function stopped(): LoopError {
  return new LoopError('aborted', 'An event was stopped before Kafka had stored it.', {
    plugin: 'kafka',
    retryable: true,
  })
}
