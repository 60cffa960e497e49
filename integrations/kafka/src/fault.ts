import { LoopError } from '@loop-engine/core'
import { findErrorBy } from '@platformatic/kafka'

/** Error codes for an event that a broker will never accept. */
const poison = ['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_RECORD'] as const

/** How to mend a fault of a topic. Its events wait in order until somebody does. */
const topicHints = {
  UNKNOWN_TOPIC_OR_PARTITION: 'Create the topic.',
  INVALID_TOPIC_EXCEPTION: 'Use only letters, digits, dots, _ and - in the name of the topic.',
  TOPIC_AUTHORIZATION_FAILED: 'Let this client write to the topic.',
  NOT_ENOUGH_REPLICAS: 'Bring more replicas in sync: min.insync.replicas asks for more.',
} as const

/** How to mend any fault: those of one topic, and those of all topics. */
const hints = {
  ...topicHints,
  CLUSTER_AUTHORIZATION_FAILED:
    'Let this client write idempotently (IDEMPOTENT_WRITE on older brokers).',
  SASL_AUTHENTICATION_FAILED: 'Check the credentials of the connection.',
} as const

/**
 * The error without the vendor's text, which may name servers. Only a fault of the event itself is final (`refused`).
 * An unreachable broker, and a missing or forbidden topic, can be mended, so they are `unavailable` and retryable.
 */
export function faultOf(error: unknown): LoopError {
  const known = error instanceof Error ? error : undefined
  // The client has its own text, without a code, for a topic that no broker told it of.
  const isUnknownTopic = known?.message.startsWith('Unknown topic') === true
  const said = (apiId: string): boolean =>
    findErrorBy(known, 'apiId', apiId) !== null ||
    (isUnknownTopic && apiId === 'UNKNOWN_TOPIC_OR_PARTITION')
  const refused = poison.find(said)
  if (refused !== undefined)
    return new LoopError('refused', 'Kafka does not accept an event.', {
      plugin: 'kafka',
      hint: 'If the event is too large, raise max.message.bytes of the topic.',
      details: { kafka: refused },
    })
  const why = Object.entries(hints).find(([apiId]) => said(apiId))
  return new LoopError('unavailable', 'Kafka did not store an event.', {
    plugin: 'kafka',
    retryable: true,
    ...(why && { hint: why[1], details: { kafka: why[0] } }),
  })
}

/** Whether the fault is that of one topic, so that other topics may work. */
export function isOfTopic({ details }: LoopError): boolean {
  return Object.hasOwn(topicHints, String(details?.['kafka']))
}
