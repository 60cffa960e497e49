import { approvalsOf, type ApprovalDecision, type ApprovalRequest } from '../../model/approval.ts'
import { spellOut } from '../../spell-out.ts'
import { progressOf } from './view-facts.ts'
import { timeText } from './view-text.ts'

/** The state of a request, as a title and one or two sentences; the same on every channel. */
export interface OutcomeText {
  readonly title: string
  readonly text: string
}

export function outcomeText(request: ApprovalRequest): OutcomeText {
  const at = timeText(request.decidedAt ?? request.expiresAt)
  switch (request.status) {
    case 'pending':
      return { title: 'Waiting', text: `Approvals so far: ${progressOf(request)}.` }
    case 'approved': {
      const ran = request.executedBy
        ? 'The transition was carried out.'
        : 'A check no longer passed after the approval, so nothing ran.'
      return {
        title: 'Approved',
        text: `Approved by ${namesOf(approvalsOf(request))} at ${at}. ${ran}`,
      }
    }
    case 'rejected': {
      const rejections = request.decisions.filter(({ decision }) => decision === 'reject')
      const reason = request.decisions.at(-1)?.reason
      const why = reason ? ` Reason: ${spellOut(reason)}` : ''
      return {
        title: 'Rejected',
        text: `Rejected by ${namesOf(rejections)} at ${at}. Nothing ran.${why}`,
      }
    }
    case 'expired':
      return {
        title: 'Expired',
        text: `Expired at ${at}: it was not decided in time. ${request.view.ifNothing}`,
      }
    case 'superseded':
      return {
        title: 'Superseded',
        text: 'The run moved on before a decision, so that there is nothing left to decide. Nothing ran.',
      }
    case 'cancelled':
      return { title: 'Cancelled', text: `The request was taken back at ${at}. Nothing ran.` }
  }
}

function namesOf(decisions: readonly ApprovalDecision[]): string {
  const names = decisions.map(({ reviewer }) => spellOut(reviewer.displayName ?? reviewer.id))
  return [...new Set(names)].join(', ') || 'somebody'
}
