import { LoopError } from '@loop-engine/core'
import { JetStreamApiError } from '@nats-io/jetstream'
import { errors } from '@nats-io/transport-node'

/** The stream's answer when its `max_msg_size` is less than the event. */
const exceedsMaximum = 10_054

/**
 * What went wrong, without the vendor's text, which may name servers. Only what lies in the event itself is refused for
 * good: a stream that is missing, full or forbidden is mended by somebody, and the events wait for it in order.
 */
export function faultOf(error: unknown): LoopError {
  const isTooLarge =
    error instanceof errors.InvalidArgumentError ||
    (error instanceof JetStreamApiError && error.code === exceedsMaximum)
  if (isTooLarge)
    return new LoopError('refused', 'An event is larger than NATS takes.', {
      plugin: 'nats',
      hint: 'Raise max_payload of the server and max_msg_size of the stream.',
    })
  if (error instanceof errors.InvalidSubjectError)
    return new LoopError('refused', 'The subject of an event is not one of NATS.', {
      plugin: 'nats',
      path: '/subject',
      hint: 'Encode what NATS reserves: white space, dots, * and >.',
    })
  return new LoopError('unavailable', 'An event was not stored by NATS.', {
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
