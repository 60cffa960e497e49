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
  already_decided: 'This was decided already; your click changed nothing.',
  expired: 'This has expired: it can no longer be decided, and nothing ran.',
  stale_revision:
    'This was edited after your card was made. Nothing was decided; look at the newest card.',
  view_changed:
    'What you saw is not what would run now. Nothing was decided; look at the newest card.',
  superseded: 'The run has moved on, so this can no longer be decided. Nothing ran.',
  not_a_person: 'Only people decide here. Nothing was decided.',
  identity_not_verified: 'Your identity could not be verified. Nothing was decided.',
  requester_cannot_decide:
    'You asked for this, or it was asked for on your behalf: somebody else must decide. Nothing was decided.',
  not_entitled: 'You are not among the people who may decide this. Nothing was decided.',
  already_voted:
    'You have decided already, or somebody in your place; somebody else must give the next approval.',
  not_allowed: 'The policy of this step does not allow that. Nothing was decided.',
  stopped: 'Everything of this kind is stopped at the moment. Nothing was decided and nothing ran.',
  assurance_too_low:
    'This step asks for a stronger sign-in than Slack. Nothing was decided; approve it in the console.',
  limit_reached: 'A limit is reached. Nothing was decided and nothing ran.',
}

const takenBack = 'This was taken back; your click changed nothing.'

const strangers: Readonly<Record<Stranger, string>> = {
  outsider:
    'You belong to another workspace. Only members of this one decide here; nothing was decided.',
  guest: 'Guests of this workspace cannot decide. Nothing was decided.',
  bot: 'Bots cannot decide. Nothing was decided.',
  deactivated: 'This account is deactivated. Nothing was decided.',
  email_unconfirmed:
    'Slack has no confirmed e-mail address of yours, so nobody knows who you are here. Nothing was decided.',
  unknown_person:
    'Nobody here knows you as a person who decides. Nothing was decided; ask whoever runs this to add you.',
  identity_unavailable:
    'Slack did not say who you are, so nothing was decided. Try again in a minute.',
}

export const deadCard =
  'This card can no longer be used: it was not made here, was moved, or is from before its key was changed. Nothing was decided; open the console.'

export const strangerText = (stranger: Stranger): string => strangers[stranger]

/** What to tell the person, in mrkdwn. Every status and every refusal has a sentence. */
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
      return 'Approved, but a check no longer passes: nothing ran.'
    case 'rejected':
      return 'Your rejection is recorded. Nothing ran.'
    default:
      if (reason === 'already_decided' && request?.status === 'cancelled') return takenBack
      return refusals[reason] ?? `Nothing was decided (${line(reason || status)}).`
  }
}

/** What to tell the person when the decision could not be handed over. */
export function failureText(error: unknown): string {
  if (!isLoopError(error)) return unsure
  switch (error.code) {
    case 'not_found':
      return 'This request does not exist (any more). Nothing was decided.'
    case 'stopped':
      return refusals['stopped'] ?? unsure
    case 'invalid_input':
      return `This was not taken: ${createPaper().prose(error.message, most)}${failedGuards(error.details)} Nothing was decided.`
    case 'too_large':
      return 'This is too large to be recorded. Nothing was decided.'
    case 'key_mismatch':
      return 'This click was counted before, for another decision. Nothing new was decided.'
    default:
      return unsure
  }
}

const unsure =
  'It could not be recorded for sure. Look at the card or the console before you click again.'

function failedGuards(details: Readonly<Record<string, unknown>> | undefined): string {
  const failed = details?.['failed']
  return Array.isArray(failed) && failed.length > 0 ? ` (${line(failed.join(', '))})` : ''
}

/** Marks of mrkdwn would change how an id looks, so it is shown as code. */
function line(text: string): string {
  return `\`${createPaper().line(text, most).replaceAll('`', 'ˋ')}\``
}
