import { Admin, Consumer } from '@platformatic/kafka'

/** One record as a reader finds it. */
export interface StoredRecord {
  readonly partition: number
  readonly key: string
  readonly value: string
  readonly headers: Readonly<Record<string, string>>
  /** The batch in which the record was written. */
  readonly batch: { readonly producerId: bigint; readonly firstSequence: number }
}

export async function createTopic(
  address: string,
  topic: string,
  partitions: number,
  largestBytes: number,
): Promise<void> {
  const admin = new Admin({ clientId: 'test', bootstrapBrokers: [address] })
  try {
    await admin.createTopics({
      topics: [topic],
      partitions,
      replicas: 1,
      configs: [{ name: 'max.message.bytes', value: `${largestBytes}` }],
    })
  } finally {
    await admin.close()
  }
}

/** All records of a topic, partition by partition, without joining a group. */
export async function readTopic(address: string, topic: string): Promise<readonly StoredRecord[]> {
  const reader = new Consumer({ clientId: 'test', groupId: 'test', bootstrapBrokers: [address] })
  try {
    reader.topics.track(topic)
    const known = (await reader.metadata({ topics: [topic] })).topics.get(topic)
    if (!known) throw new Error(`There is no topic ${topic}.`)
    const { responses } = await reader.fetch({
      node: 1,
      maxWaitTime: 0,
      minBytes: 0,
      maxBytes: 50_000_000,
      topics: [
        {
          topicId: known.id,
          partitions: known.partitions.map((_, partition) => ({
            partition,
            currentLeaderEpoch: -1,
            fetchOffset: 0n,
            lastFetchedEpoch: -1,
            partitionMaxBytes: 50_000_000,
          })),
        },
      ],
    })
    return responses.flatMap(({ partitions }) =>
      partitions.flatMap(({ partitionIndex, records: batches }) =>
        (batches ?? []).flatMap((batch) =>
          batch.records.map(({ key, value, headers }) => ({
            partition: partitionIndex,
            key: text(key),
            value: text(value),
            headers: Object.fromEntries(headers.map(([name, held]) => [text(name), text(held)])),
            batch,
          })),
        ),
      ),
    )
  } finally {
    await reader.close(true)
  }
}

function text(bytes: unknown): string {
  return Buffer.isBuffer(bytes) ? bytes.toString() : ''
}
