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
  /** Different for each sink of a system; `kafka` by default. */
  readonly name?: string
  /** `bootstrapBrokers`, `sasl` and `tls`, as for `Producer` of `@platformatic/kafka`. */
  readonly connection: Pick<BaseOptions, 'bootstrapBrokers' | 'sasl' | 'tls'> & {
    readonly clientId?: string
  }
  /** The topic of all events, or a function that finds it; `loop-events` by default. It must exist: none is created. */
  readonly topic?: string | ((event: CloudEvent) => string)
  /** Time limit for the acknowledgement of one send, connecting included; 10,000 by default. */
  readonly timeoutMs?: number
}

export interface KafkaSink extends EventSink {
  /** Ends the connections. Close the system first. */
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
 * `publish` throws `unavailable`, retryable, while the topic does not accept an event, and `refused` if it never will.
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
      // Partitions like Java's clients, so that topics of other programs with the same keys are partitioned alike.
      partitioner: compatibilityPartitioner,
      autocreateTopics: false,
      connectTimeout: timeoutMs,
      requestTimeout: timeoutMs,
      timeout: timeoutMs,
      // The relay waits out an outage. To this client fewer than two retries would mean no limit.
      retries: 2,
      retryDelay: 50,
    })

  // The client numbers the records that it sends. After a failed send, two sends at once could get the same numbers,
  // and a broker drops records whose numbers it has. So there is one send at a time, with all records that wait.
  const together = createTogether<readonly EventRecord[]>(
    async (pieces) => {
      producer ??= open()
      const current = producer
      const messages = pieces.flat()
      try {
        await unlessAborted(current.send({ messages }), AbortSignal.timeout(timeoutMs), tooLate)
      } catch (error) {
        // A failed producer is closed with all that it may still try, so that no old record arrives after newer ones.
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
      // A broker refuses all records of a send together, so each is sent alone now.
      await publishEach(records, (record) => together.add([record], signal))
    }
  }

  return {
    contract: 'sink/v1',
    name,
    async publish(events, { signal }) {
      if (events.length === 0) return
      if (signal.aborted) throw stopped()
      // Before the send, so that a `topic` function that throws fails these events only.
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
  return new LoopError('aborted', 'Sending an event was aborted before Kafka stored it.', {
    plugin: 'kafka',
    retryable: true,
  })
}
