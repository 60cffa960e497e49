import { LoopError } from '@loop-engine/core'
import { z } from 'zod'

const plugin = 'slack'
const errorSchema = z.object({
  code: z.string(),
  data: z.object({ error: z.string().regex(/^[a-z_]{1,64}$/) }).optional(),
  statusCode: z.int().optional(),
  retryAfter: z.number().optional(),
})

const keyFaults = ['invalid_auth', 'not_authed', 'account_inactive', 'token_revoked']
const rightFaults = ['token_expired', 'missing_scope', 'no_permission', 'not_allowed_token_type']
const placeFaults = ['channel_not_found', 'not_in_channel', 'is_archived']
const outages = ['internal_error', 'fatal_error', 'service_unavailable', 'request_timeout']

/** Slack's own error code, if it gave one. */
export function slackCodeOf(error: unknown): string | undefined {
  return errorSchema.safeParse(error).data?.data?.error
}

/**
 * A LoopError for a failed call. It does not have Slack's error as `cause`, because that holds headers and bodies, in which
 * a token or evidence may stand.
 */
export function slackError(method: string, error: unknown): LoopError {
  const read = errorSchema.safeParse(error)
  const { code, data, statusCode, retryAfter } = read.data ?? {}
  const fault = data?.error
  const details = { method, ...(fault && { fault }), ...(statusCode && { statusCode }) }

  if (code === 'slack_webapi_rate_limited_error' || fault === 'ratelimited')
    return new LoopError('rate_limited', `Slack accepts no more calls of ${method} for now.`, {
      plugin,
      retryable: true,
      details: { ...details, retryAfterMs: (retryAfter ?? 1) * 1000 },
    })
  if (fault && (keyFaults.includes(fault) || rightFaults.includes(fault)))
    return new LoopError('auth', `Slack did not allow ${method}.`, {
      plugin,
      details,
      hint: 'Check the bot token and its scopes; docs/slack.md lists them.',
    })
  if (fault && placeFaults.includes(fault))
    return new LoopError('invalid_config', 'The Slack app cannot post to this conversation.', {
      plugin,
      details,
      hint: 'Use the id of a conversation (C…) and invite the app into it.',
    })
  if (fault && !outages.includes(fault))
    return new LoopError('bad_response', `Slack refused ${method}.`, { plugin, details })
  if (statusCode !== undefined && statusCode < 500)
    return new LoopError('bad_response', `Slack answered ${method} with a client error.`, {
      plugin,
      details,
    })
  return new LoopError('unavailable', `Slack did not answer ${method}.`, {
    plugin,
    details,
    retryable: true,
  })
}
