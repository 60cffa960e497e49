import type { DecisionIntake } from '../contracts/channel.ts'
import type { ApprovalRequest } from '../model/approval.ts'
import { outcomeText, type OutcomeText } from './view/outcome-text.ts'
import { progressOf } from './view/view-facts.ts'

/** What a channel learns of a decision that it handed over; the answer of `createIntake`. */
export interface DecisionAnswer {
  readonly status: string
  readonly reason?: string
  readonly request?: ApprovalRequest
  readonly replayed?: true
}

/** Hands an authenticated decision to the core, which alone judges it. */
export type Decide = (decision: DecisionIntake) => Promise<DecisionAnswer>

/** Reads a request as it stands; `approvals.get` of the system. */
export type GetApproval = (query: {
  readonly tenant: string
  readonly id: string
}) => Promise<ApprovalRequest | null>

const refusals: Readonly<Record<string, OutcomeText>> = {
  already_decided: {
    title: 'Already decided',
    text: 'This request was decided before you. Your decision changed nothing.',
  },
  expired: { title: 'Expired', text: 'The time to decide is over. Your decision was not taken.' },
  stale_revision: {
    title: 'This has changed',
    text: 'What is asked was edited after you were asked. Your decision was not taken; look at the newest message.',
  },
  view_changed: {
    title: 'This has changed',
    text: 'What you saw is not what would run now. Your decision was not taken; look at the newest message.',
  },
  superseded: {
    title: 'Superseded',
    text: 'The run moved on, so that there is nothing left to decide. Your decision was not taken.',
  },
  not_a_person: { title: 'Not allowed', text: 'Only people decide on this.' },
  identity_not_verified: {
    title: 'Not allowed',
    text: 'It is not known well enough who you are. Your decision was not taken.',
  },
  requester_cannot_decide: {
    title: 'Not allowed',
    text: 'You asked for this, or it is done on your behalf, so that somebody else has to decide.',
  },
  not_entitled: {
    title: 'Not allowed',
    text: 'You are not among those who may decide on this. Your decision was not taken.',
  },
  assurance_too_low: {
    title: 'Sign in to approve',
    text: 'The rule of this request asks for a stronger proof of who you are than this way gives. Your approval was not taken; decide where you sign in.',
  },
  already_voted: {
    title: 'You have decided already',
    text: 'You have, or somebody in your place, and that counts once. Another person has to approve as well.',
  },
  not_allowed: {
    title: 'Not allowed',
    text: 'The rule of this request does not permit this decision.',
  },
  stopped: {
    title: 'Stopped',
    text: 'An operator has stopped this. Nothing ran and nothing was decided; try again when the stop is lifted.',
  },
  limit_reached: {
    title: 'Limit reached',
    text: 'A limit is used up, so that nothing ran. Your decision was not taken.',
  },
}

/** What a person is told after deciding: what happened, and why. */
export function answerText(answer: DecisionAnswer): OutcomeText {
  const again = answer.replayed ? ' This was said before; nothing was done twice.' : ''
  const { title, text } = sentenceOf(answer)
  return { title, text: `${text}${again}` }
}

function sentenceOf({ status, reason, request }: DecisionAnswer): OutcomeText {
  switch (status) {
    case 'executed':
      return {
        title: 'Approved',
        text: 'Your approval is on record, and the transition was carried out.',
      }
    case 'recorded':
      return {
        title: 'Recorded',
        text: `Your decision is on record.${request ? ` Approvals so far: ${progressOf(request)}.` : ''}`,
      }
    case 'blocked':
      return {
        title: 'Approved, but blocked',
        text: 'Your approval is on record, but a check no longer passes. Nothing ran.',
      }
    case 'rejected':
      return { title: 'Rejected', text: 'Your rejection is on record. Nothing will run.' }
    default:
      return refusalText(reason ?? '', request)
  }
}

function refusalText(reason: string, request: ApprovalRequest | undefined): OutcomeText {
  const known = refusals[reason] ?? { title: 'Not taken', text: 'Your decision was not taken.' }
  if (reason !== 'already_decided' || !request) return known
  if (request.status === 'cancelled') {
    const { title, text } = outcomeText(request)
    return { title, text: `${text} Your decision changed nothing.` }
  }
  return { title: known.title, text: `${known.text} ${outcomeText(request).text}` }
}
