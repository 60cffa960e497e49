import type { Clock } from '../contracts/clock.ts'
import { LoopError } from '../errors.ts'
import type { ApprovalRequest } from '../model/approval.ts'
import { risks } from '../model/definition.ts'
import { refuseStrayKeys, type KnownKeys } from '../stray-keys.ts'
import type { Decide, GetApproval } from './decision-answer.ts'
import type { DecisionChallenge } from './tokens/decision-link.ts'

/** What a person has to do besides holding the link. */
export type StepUp = 'none' | 'code' | 'login-url'
export type Risk = (typeof risks)[number]

export interface SendCodeInput {
  /** The reviewer who decides. */
  readonly recipient: string
  readonly code: string
  readonly decision: DecisionChallenge['decision']
  readonly request: ApprovalRequest
  /** How long the code is good for. */
  readonly ttlMs: number
}

export interface DecisionPageOptions {
  /** Who serves the page; recorded as the proof of a decision. */
  readonly name: string
  /** The page's public address, such as `https://loops.example/decide`. */
  readonly publicUrl: string
  /** They seal links and make codes. At least 32 bytes each; newest first, and several while they are rotated. */
  readonly secrets: readonly string[]
  /** `approvals.get` of the system. */
  readonly getApproval: GetApproval
  /** The function of `createIntake`. */
  readonly decide: Decide
  /** What a person must do besides holding the link, from the risk `stepUpFrom` upwards; `code` by default. */
  readonly stepUp?: StepUp
  /** The lowest risk that asks for the step; `medium` by default. A transition that states no risk counts as low. */
  readonly stepUpFrom?: Risk
  /** Where people sign in to decide, for `login-url`. */
  readonly loginUrl?: (request: ApprovalRequest) => string
  /** Sends a code to one person; needed for `code` and for links without a recipient. */
  readonly sendCode?: (input: SendCodeInput) => Promise<void>
  /** The reviewer of this request who has this address; needed for links without a recipient. */
  readonly identify?: (address: string, request: ApprovalRequest) => Promise<string | null>
  /** How long a code is good for; 600,000 by default. */
  readonly codeTtlMs?: number
  /** Hears of what failed behind an error page. Nothing that it is told contains a link or a code. */
  readonly onError?: (error: unknown) => void
  readonly clock?: Pick<Clock, 'now'>
}

const optionKeys: KnownKeys<DecisionPageOptions> = {
  name: true,
  publicUrl: true,
  secrets: true,
  getApproval: true,
  decide: true,
  stepUp: true,
  stepUpFrom: true,
  loginUrl: true,
  sendCode: true,
  identify: true,
  codeTtlMs: true,
  onError: true,
  clock: true,
}
const stepUps: readonly StepUp[] = ['code', 'login-url', 'none']

/** Throws `invalid_config` for a page that could not keep its promises. */
export function checkOptions(options: DecisionPageOptions): void {
  refuseStrayKeys(options, optionKeys, { what: 'createDecisionPage', code: 'invalid_config' })
  const {
    publicUrl,
    getApproval,
    decide,
    stepUp = 'code',
    stepUpFrom = 'medium',
    sendCode,
    loginUrl,
  } = options
  const parsed = URL.parse(publicUrl)
  if (!parsed) throw wrong('/publicUrl', 'Write it out, with its scheme.')
  for (const [name, given] of Object.entries({ getApproval, decide }))
    if (typeof given !== 'function') throw wrong(`/${name}`, 'It must be a function.')
  // An unknown step would be no step at all.
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
  const message = 'The decision page was given an option that it cannot use.'
  return new LoopError('invalid_config', message, { path, hint })
}
