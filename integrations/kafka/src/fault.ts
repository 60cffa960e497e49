import { LoopError } from '@loop-engine/core'
import { findErrorBy } from '@platformatic/kafka'

/** What a broker says of an event that it will never take. */
const poison = ['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_RECORD'] as const

/** What somebody must mend about a topic; its events wait for it in order. */
const topicHints = {
  UNKNOWN_TOPIC_OR_PARTITION: 'Create the topic.',
  INVALID_TOPIC_EXCEPTION: 'Name the topic with letters, digits, dots, _ and - alone.',
  TOPIC_AUTHORIZATION_FAILED: 'Let this client write to the topic.',
  NOT_ENOUGH_REPLICAS: 'Fewer replicas are in sync than min.insync.replicas asks for.',
} as const

/** The same for all topics. */
const hints = {
  ...topicHints,
  CLUSTER_AUTHORIZATION_FAILED:
    'Let this client write idempotently (IDEMPOTENT_WRITE on older brokers).',
  SASL_AUTHENTICATION_FAILED: 'Check the credentials of the connection.',
} as const

/**
 * What went wrong, without the vendor's text, which may name servers. Only what lies in the event itself is refused for
 * good: a broker that is away and a topic that is missing or forbidden are mended by somebody.
 */
export function faultOf(error: unknown): LoopError {
  const known = error instanceof Error ? error : undefined
  // Of a topic that no broker told it of the client says so in words of its own.
  const isUnknownTopic = known?.message.startsWith('Unknown topic') === true
  const said = (apiId: string): boolean =>
    findErrorBy(known, 'apiId', apiId) !== null ||
    (isUnknownTopic && apiId === 'UNKNOWN_TOPIC_OR_PARTITION')
  const refused = poison.find(said)
  if (refused !== undefined)
    return new LoopError('refused', 'An event is not one that Kafka takes.', {
      plugin: 'kafka',
      hint: 'Raise max.message.bytes of the topic if it is too large.',
      details: { kafka: refused },
    })
  const why = Object.entries(hints).find(([apiId]) => said(apiId))
  return new LoopError('unavailable', 'An event was not stored by Kafka.', {
    plugin: 'kafka',
    retryable: true,
    ...(why && { hint: why[1], details: { kafka: why[0] } }),
  })
}

/** Whether the fault lies in a topic, and says nothing of others. */
export function isOfTopic({ details }: LoopError): boolean {
  return Object.hasOwn(topicHints, String(details?.['kafka']))
}
