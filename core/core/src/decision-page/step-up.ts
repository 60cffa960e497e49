import type { ApprovalRequest } from '../model/approval.ts'
import { isAssured } from '../model/assurance.ts'
import { risks } from '../model/definition.ts'
import type { DecisionPageOptions, StepUp } from './page-options.ts'
import type { DecisionLink } from './tokens/decision-link.ts'

/** What this person has to do besides holding this link. */
export function stepOf(
  { stepUp = 'code', stepUpFrom = 'medium' }: DecisionPageOptions,
  link: DecisionLink,
  { view }: ApprovalRequest,
): StepUp {
  const { risk = 'low' } = view.transition
  const rank = risks.findIndex((known) => known === risk)
  // An unknown risk counts as the highest.
  const isRisky = rank === -1 || rank >= risks.indexOf(stepUpFrom)
  if (isRisky && stepUp !== 'none') return stepUp
  return link.recipient === undefined ? 'code' : 'none'
}

/** Whether a link is proof enough to approve this request; the engine judges it again. */
export function mayApprove({ policy }: ApprovalRequest): boolean {
  return policy.assurance === undefined || isAssured({ method: 'signed-link' }, policy.assurance)
}
