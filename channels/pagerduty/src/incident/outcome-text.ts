import { decisionWords, quorumOf, type ApprovalRequest } from '@loop-engine/core'
import type { DecisionAnswer } from '@loop-engine/core/decision-page'

import { plainText } from './visible-text.ts'

/** The note that this channel writes when a request has changed. */
export function stateText(request: ApprovalRequest): string {
  const last = request.decisions.at(-1)
  const who = last ? ` ${plainText(last.reviewer.id, 256)} ${decisionWords[last.decision]}` : ''
  const why = last?.reason ? `: ${plainText(last.reason, 1000)}` : ''
  switch (request.status) {
    case 'pending':
      return `Still waiting, ${votesOf(request)}.${last ? `${who}${why}` : ''}`
    case 'approved':
      return request.executedBy
        ? `Approved, and the transition is on record.${who}${why}`
        : `Approved, but the transition is not on record: nothing runs.${who}${why}`
    case 'rejected':
      return `Rejected. Nothing runs.${who}${why}`
    case 'expired':
      return 'Expired: it was not decided in time, and nothing was approved.'
    case 'superseded':
      return 'Superseded: the run has moved on, so this can no longer be decided. Nothing runs.'
    case 'cancelled':
      return 'Taken back. Nothing runs.'
  }
}

export function revisedText({ revision }: ApprovalRequest): string {
  return `The request was edited and is now revision ${revision}. Decide in the incident of that revision: notes in this one no longer count.`
}

/** The answer to the person who decided. */
export function answerText({ status, reason = '', request }: DecisionAnswer): string {
  switch (status) {
    case 'executed':
      return 'approved, and the transition is on record.'
    case 'rejected':
      return 'rejected. Nothing runs.'
    case 'blocked':
      return 'approved, but a guard no longer passes: nothing runs.'
    case 'recorded':
      return request ? `recorded, ${votesOf(request)}.` : 'recorded.'
    default:
      if (reason === 'already_decided' && request?.status === 'cancelled')
        return 'nothing was decided: it was taken back.'
      return `nothing was decided: ${refusals[reason] ?? 'this was refused.'}`
  }
}

const refusals: Readonly<Record<string, string>> = {
  already_decided: 'it is decided already.',
  expired: 'it has expired.',
  stale_revision: 'the request was edited since; see the incident of the newer revision.',
  view_changed: 'this incident does not show what would run now.',
  superseded: 'the run has moved on.',
  not_a_person: 'only a person may decide.',
  identity_not_verified: 'it is not certain who you are.',
  requester_cannot_decide: 'the requester, and whoever it acts for, may not decide.',
  not_entitled: 'you are not among those who may decide.',
  already_voted:
    'you have decided already, or somebody in your place has; somebody else has to decide.',
  not_allowed: 'its policy does not allow this.',
  assurance_too_low: 'a note does not prove well enough who you are; sign in on the page.',
  stopped: 'everything is stopped at the moment.',
  limit_reached: 'a limit is reached.',
}

/** Why a person cannot decide in PagerDuty. */
export const strangers = {
  automation: 'nothing was decided: only a person may decide.',
  own_account: 'nothing was decided: this is the account that Loop Engine writes with.',
  invited: 'nothing was decided: your invitation to PagerDuty is not accepted yet.',
  unknown_person: 'nothing was decided: nobody here knows who you are.',
  not_on_call: 'nothing was decided: you are not on call for this now.',
  not_listed: 'nothing was decided: you are not among those who may decide in PagerDuty.',
} as const
export type Stranger = keyof typeof strangers

/** The answers to notes that begin like a decision and are none, or cannot count. */
export const noteFaults = {
  unclear: 'nothing was decided: write a new note, `approve <code>` or `reject <code> <reason>`.',
  noReason: 'nothing was decided: write a new note that says why, `reject <code> <reason>`.',
  linkOnly:
    'nothing was decided: notes cannot decide here. Use the page that the incident links to.',
  tooWeak:
    'nothing was decided: a note does not prove well enough who you are to approve this. Sign in on the page, or use another channel.',
  edited: 'nothing was decided: an edited note does not count. Write a new one.',
  late: 'nothing was decided: this note arrived too late, or is from the future. Write a new one.',
  locked:
    'nothing was decided: too many wrong codes here. Use the page that the incident links to.',
  wrongCode: 'nothing was decided: this is not the code of this incident. Write a new note.',
  judgedBefore: 'nothing was decided: this note was judged before. Write a new one.',
  unknownRequest: 'nothing was decided: the request is not known here.',
  unreadable: 'nothing was decided: this could not be understood.',
  failed: 'this could not be recorded. Look at the request before you decide again.',
} as const

export const resolvedText =
  'Resolving an incident decides nothing. If the request still waits, it goes on waiting.'
export const pagedAgainText =
  'Resolved without a decision, but the request still waits, so people are paged again.'

function votesOf(request: ApprovalRequest): string {
  const { stage, policy } = request
  const { given, needed } = quorumOf(request)
  const step = policy.stages.length > 1 ? ` in stage ${stage + 1} of ${policy.stages.length}` : ''
  return `${given} of ${needed} approvals${step}`
}
