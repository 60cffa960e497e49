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
  /** `when` is CEL over `input` (the arguments), `actor` and `instance`. Without `when` every call needs approval. */
  readonly approval?: ToolApproval
  /** Built-in or registered guards, or CEL conditions; a hard guard that does not pass denies the call. */
  readonly guards?: TransitionInput['guards']
  readonly risk?: TransitionInput['risk']
  /**
   * Running the tool twice has the same effect as running it once. A call whose process died then runs again instead of
   * becoming unknown, and a call that was aborted counts as failed.
   */
  readonly idempotent?: boolean
  /** How long a call may run without a result before it counts as cut off; `10m` by default. */
  readonly lostAfter?: string
  /**
   * A loop of your own instead of the default one. It declares its own approval and guards, and needs the transitions
   * `execute`, `succeed`, `fail`, `lose` and `deny`.
   */
  readonly loop?: LoopDefinition
}

/** Policies by tool name. `ungoverned` hands a tool through unchanged, for tools that the provider runs itself. */
export type ToolPolicies<Tools> = {
  readonly [Name in keyof Tools]?: ToolPolicy | 'ungoverned'
}

/**
 * For tools that appear at run time, such as those of an MCP server, and that no policy names: a person must approve.
 */
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

/** Throws `invalid_config`, with the path, for a policy that cannot work and for a key that nobody reads. */
export function checkPolicy(tool: string, policy: ToolPolicy): void {
  const what = `The policy of the tool ${tool}`
  refuseStrayKeys(policy, policyKeys, { what, code: 'invalid_config', path: `/policy/${tool}` })
  const { approval, guards, loop, lostAfter } = policy
  if (approval && !isAsked(approval.reviewers) && !approval.stages?.length)
    throw invalidPolicy(tool, 'approval', 'asks nobody: it has no reviewers.')
  if (loop && (approval || guards))
    throw invalidPolicy(tool, 'loop', 'has its own loop: approval and guards belong in that loop.')
  if (lostAfter !== undefined && !isDuration(lostAfter))
    throw invalidPolicy(tool, 'lostAfter', 'needs a duration as lostAfter, such as 30s, 5m or 2h.')
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
