import { LoopError } from '@loop-engine/core'
import { JetStreamApiError } from '@nats-io/jetstream'
import { errors } from '@nats-io/transport-node'

/** The error code of a stream for an event that is larger than its `max_msg_size`. */
const exceedsMaximum = 10_054

/**
 * The error without the vendor's text, which may name servers. Only a fault of the event itself is final (`refused`). A
 * stream that is missing, full or forbidden can be mended, so that is `unavailable` and retryable: events wait in
 * order.
 */
export function faultOf(error: unknown): LoopError {
  const isTooLarge =
    error instanceof errors.InvalidArgumentError ||
    (error instanceof JetStreamApiError && error.code === exceedsMaximum)
  if (isTooLarge)
    return new LoopError('refused', 'An event is too large for NATS.', {
      plugin: 'nats',
      hint: 'Raise max_payload of the server and max_msg_size of the stream.',
    })
  if (error instanceof errors.InvalidSubjectError)
    return new LoopError('refused', 'The subject of an event is not valid in NATS.', {
      plugin: 'nats',
      path: '/subject',
      hint: 'Encode the characters that NATS reserves: white space, dots, * and >.',
    })
  return new LoopError('unavailable', 'NATS did not store an event.', {
    plugin: 'nats',
    retryable: true,
    hint: whyOf(error),
    ...(error instanceof JetStreamApiError && { details: { code: error.code } }),
  })
}

function whyOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  switch (error.name) {
    case 'JetStreamNotEnabled':
    case 'NoRespondersError':
      return 'Create a stream that takes the subjects of these events, on a server with JetStream.'
    case 'PermissionViolationError':
      return 'Let this user publish to the subjects of these events.'
    case 'AuthorizationError':
    case 'UserAuthenticationExpiredError':
      return 'Check the credentials of the connection.'
    default:
      return undefined
  }
}
