import {
  isDuration,
  LoopError,
  refuseStrayKeys,
  type KnownKeys,
  type LoopDefinition,
} from '@loop-engine/core'
import type { LoopInput } from '@loop-engine/sdk'

type TransitionInput = LoopInput['transitions'][number]

/** When people are asked, who they are, and what happens when nobody answers. */
export type ToolApproval = Exclude<NonNullable<TransitionInput['approval']>, boolean>

/** What governs the calls of one tool. An empty policy lets every call run, once, on record. */
export interface ToolPolicy {
  /** `when` is CEL; it sees `input` (the arguments), `actor` and `instance`. Without it every call is asked for. */
  readonly approval?: ToolApproval
  /** Built-in or registered guards, or CEL conditions; a hard one that does not pass denies the call. */
  readonly guards?: TransitionInput['guards']
  readonly risk?: TransitionInput['risk']
  /**
   * Running it twice is the same as once: a call whose process died runs again instead of becoming unknown, and one that was
   * aborted has failed.
   */
  readonly idempotent?: boolean
  /** How long a call may run before one that has no result counts as cut off; `10m` by default. */
  readonly lostAfter?: string
  /** An own loop instead of the default one; it then holds approval and guards itself. See `callLoop`. */
  readonly loop?: LoopDefinition
}

/** `ungoverned` hands a tool through untouched: for those that the provider runs itself. */
export type ToolPolicies<Tools> = {
  readonly [Name in keyof Tools]?: ToolPolicy | 'ungoverned'
}

/** Tools that appear at run time, such as those of an MCP server, and that no policy names: a person is asked. */
export const unnamedDynamicPolicy: ToolPolicy = Object.freeze({
  approval: Object.freeze({ reviewers: '*', expiresIn: '24h' }),
})

export const defaultLostAfter = '10m'

const policyKeys: KnownKeys<ToolPolicy> = {
  approval: true,
  guards: true,
  risk: true,
  idempotent: true,
  lostAfter: true,
  loop: true,
}

/** Throws `invalid_config` with the path of what can never work, or would be ignored. */
export function checkPolicy(tool: string, policy: ToolPolicy): void {
  const what = `The policy of the tool ${tool}`
  refuseStrayKeys(policy, policyKeys, { what, code: 'invalid_config', path: `/policy/${tool}` })
  const { approval, guards, loop, lostAfter } = policy
  if (approval && !isAsked(approval.reviewers) && !approval.stages?.length)
    throw invalidPolicy(tool, 'approval', 'asks nobody: it has no reviewers.')
  if (loop && (approval || guards))
    throw invalidPolicy(tool, 'loop', 'brings its own loop, which must hold approval and guards.')
  if (lostAfter !== undefined && !isDuration(lostAfter))
    throw invalidPolicy(tool, 'lostAfter', 'needs a duration such as 30s, 5m, 2h or 7d.')
}

function isAsked(reviewers: ToolApproval['reviewers']): boolean {
  return reviewers !== undefined && reviewers.length > 0
}

export function invalidPolicy(tool: string, field: string, what: string): LoopError {
  return new LoopError('invalid_config', `The policy of the tool ${tool} ${what}`, {
    path: `/policy/${tool}${field && `/${field}`}`,
    plugin: 'vercel-ai',
  })
}
