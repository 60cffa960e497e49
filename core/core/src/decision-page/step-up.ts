import { LoopError } from '../errors.ts'
import type { ApprovalRequest } from '../model/approval.ts'
import { isAssured } from '../model/assurance.ts'
import { risks } from '../model/definition.ts'
import type { DecisionLink } from './decision-link.ts'
import type { DecisionPageOptions, StepUp } from './page-options.ts'

const defaultStepUp: StepUp = 'code'
const stepUps: readonly StepUp[] = ['code', 'login-url', 'none']

/** What this person has to do besides holding this link. */
export function stepOf(
  { stepUp = defaultStepUp, stepUpFrom = 'medium' }: DecisionPageOptions,
  link: DecisionLink,
  { view }: ApprovalRequest,
): StepUp {
  const { risk = 'low' } = view.transition
  const rank = risks.findIndex((known) => known === risk)
  // A risk that is not known here counts as the highest.
  const isRisky = rank === -1 || rank >= risks.indexOf(stepUpFrom)
  if (isRisky && stepUp !== 'none') return stepUp
  return link.recipient === undefined ? 'code' : 'none'
}

/** Whether a link can be proof enough to approve this; the core judges it again. */
export function mayApprove({ policy }: ApprovalRequest): boolean {
  return policy.assurance === undefined || isAssured({ method: 'signed-link' }, policy.assurance)
}

/** Throws `invalid_config` for a page that could not keep its promises. */
export function checkOptions({
  publicUrl,
  getApproval,
  decide,
  stepUp = defaultStepUp,
  stepUpFrom = 'medium',
  sendCode,
  loginUrl,
}: DecisionPageOptions): void {
  const parsed = URL.parse(publicUrl)
  if (!parsed) throw wrong('/publicUrl', 'Write it out, with its scheme.')
  for (const [name, given] of Object.entries({ getApproval, decide }))
    if (typeof given !== 'function') throw wrong(`/${name}`, 'It must be a function.')
  // Any other step would be none.
  if (!stepUps.includes(stepUp)) throw wrong('/stepUp', `Write ${stepUps.join(' or ')}.`)
  if (!risks.includes(stepUpFrom)) throw wrong('/stepUpFrom', `Write ${risks.join(' or ')}.`)
  const { protocol, hostname } = parsed
  const isLocal = hostname === 'localhost' || hostname === '127.0.0.1' || hostname === '[::1]'
  if (protocol !== 'https:' && !isLocal)
    throw new LoopError('invalid_config', 'Decision links must lead to an https address.', {
      path: '/publicUrl',
      hint: 'Whoever reads the link on its way can use it.',
    })
  if (stepUp === 'code' && !sendCode)
    throw new LoopError('invalid_config', 'Codes need something that sends them.', {
      path: '/sendCode',
    })
  if (stepUp === 'login-url' && !loginUrl)
    throw new LoopError('invalid_config', 'Signing in needs an address.', { path: '/loginUrl' })
}

function wrong(path: string, hint: string): LoopError {
  const message = 'The page of decisions cannot work with an option.'
  return new LoopError('invalid_config', message, { path, hint })
}
