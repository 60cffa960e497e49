import { isLoopError, quorumOf, type ApprovalRequest, type DecisionIntake } from '@loop-engine/core'
import type { DecisionAnswer } from '@loop-engine/core/decision-page'

import { createPaper } from '../card/paper.ts'
import type { Stranger } from './people.ts'

type Kind = DecisionIntake['decision']
const most = 600
const done = {
  approve: 'approval',
  reject: 'rejection',
  edit: 'edit',
  respond: 'response',
  abstain: 'abstention',
} as const

const refusals: Readonly<Record<string, string>> = {
  already_decided: 'This was decided already, so your click changed nothing.',
  expired: 'This has expired, so it can no longer be decided. Nothing ran.',
  stale_revision:
    'This was edited after your card was made. Nothing was decided. Look at the newest card.',
  view_changed:
    'Your card shows something else than would run now. Nothing was decided. Look at the newest card.',
  superseded: 'The run has moved on, so this can no longer be decided. Nothing ran.',
  not_a_person: 'Only people can decide. Nothing was decided.',
  identity_not_verified: 'Your identity could not be verified. Nothing was decided.',
  requester_cannot_decide:
    'You asked for this, or it was asked for on your behalf, so somebody else must decide. Nothing was decided.',
  not_entitled: 'You are not among the people who may decide this. Nothing was decided.',
  already_voted:
    'You have decided already, or somebody has in your place. The next approval must come from somebody else.',
  not_allowed: 'The policy of this step does not allow that. Nothing was decided.',
  stopped: 'Everything of this kind is stopped at the moment. Nothing was decided and nothing ran.',
  assurance_too_low:
    'This step asks for a stronger sign-in than Slack. Nothing was decided. Approve it in the console.',
  limit_reached: 'A limit is reached. Nothing was decided and nothing ran.',
}

const takenBack = 'This was taken back, so your click changed nothing.'

const strangers: Readonly<Record<Stranger, string>> = {
  outsider:
    'You belong to another workspace, and only members of this one can decide. Nothing was decided.',
  guest: 'Guests of this workspace cannot decide. Nothing was decided.',
  bot: 'Bots cannot decide. Nothing was decided.',
  deactivated: 'This account is deactivated. Nothing was decided.',
  email_unconfirmed:
    'Slack has no confirmed e-mail address of yours, so you could not be identified. Nothing was decided.',
  unknown_person:
    'You are not on the list of people who can decide. Nothing was decided. Ask whoever runs Loop Engine to add you.',
  identity_unavailable:
    'Slack did not tell us who you are, so nothing was decided. Try again in a minute.',
}

export const deadCard =
  'This card can no longer be used: it was made by another app, was moved, or was made with an older key. Nothing was decided. Open the console.'

export const strangerText = (stranger: Stranger): string => strangers[stranger]

/** The answer to the person, in mrkdwn. Every status and every refusal has a sentence. */
export function answerText(kind: Kind, { status, reason, request }: DecisionAnswer): string {
  const about = request ? `*${line(request.view.title)}*: ` : ''
  return about + sentence(kind, status, reason, request)
}

function sentence(kind: Kind, status: string, reason = '', request?: ApprovalRequest): string {
  switch (status) {
    case 'recorded': {
      if (request?.status !== 'pending') return `Your ${done[kind]} is recorded.`
      const { given, needed } = quorumOf(request)
      return `Your ${done[kind]} is recorded: ${given} of ${needed} approvals.`
    }
    case 'executed':
      return `Your ${done[kind]} is recorded, and the transition is done.`
    case 'blocked':
      return 'Approved, but a check no longer passes, so nothing ran.'
    case 'rejected':
      return 'Your rejection is recorded. Nothing ran.'
    default:
      if (reason === 'already_decided' && request?.status === 'cancelled') return takenBack
      return refusals[reason] ?? `Nothing was decided (${line(reason || status)}).`
  }
}

/** The answer to the person when handing over the decision failed. */
export function failureText(error: unknown): string {
  if (!isLoopError(error)) return unsure
  switch (error.code) {
    case 'not_found':
      return 'This request does not exist (any more). Nothing was decided.'
    case 'stopped':
      return refusals['stopped'] ?? unsure
    case 'invalid_input':
      return `This was refused: ${createPaper().prose(error.message, most)}${failedGuards(error.details)} Nothing was decided.`
    case 'too_large':
      return 'This is too large to be recorded. Nothing was decided.'
    case 'key_mismatch':
      return 'This click has already counted, for another decision. Nothing new was decided.'
    default:
      return unsure
  }
}

const unsure =
  'It is not certain that this was recorded. Look at the card or the console before you click again.'

function failedGuards(details: Readonly<Record<string, unknown>> | undefined): string {
  const failed = details?.['failed']
  return Array.isArray(failed) && failed.length > 0 ? ` (${line(failed.join(', '))})` : ''
}

/** A text shown as code, because mrkdwn could change how it looks. */
function line(text: string): string {
  return `\`${createPaper().line(text, most).replaceAll('`', 'ˋ')}\``
}
