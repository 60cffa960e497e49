import type { Actor, Clock, KnownKeys, Principal } from '@loop-engine/core'
import type { LoopEngine } from '@loop-engine/sdk'

import type { ToolPolicies, ToolPolicy } from '../calls/tool-policy.ts'

/** A tool of `ai` 5, 6 or 7, as far as it is looked at. */
export interface ToolLike {
  readonly type?: string | undefined
  readonly description?: unknown
  readonly title?: unknown
  readonly inputSchema?: unknown
  readonly execute?: unknown
  readonly needsApproval?: unknown
  readonly onInputAvailable?: unknown
  readonly toModelOutput?: unknown
}
export type ToolsLike = Readonly<Record<string, ToolLike>>

/** What the SDK says about the call that is being made. */
export interface ToolCallContext {
  readonly tool: string
  readonly callId: string
  readonly messages: readonly unknown[]
  /** `context` of `ai` 7, `experimental_context` of 5 and 6, or what `resume` was given. */
  readonly context: unknown
}
/** The same for every call, or found out for each. */
export type PerCall<Value> = Value | ((call: ToolCallContext) => Value)

export interface GovernOptions<Tools> {
  readonly engine: LoopEngine
  readonly policy?: ToolPolicies<Tools>
  /** For tools that `policy` does not name. Without it static ones run on record, and dynamic ones ask a person. */
  readonly default?: ToolPolicy
  /** The conversation that calls belong to. Needed when one `govern` serves many and call ids may repeat. */
  readonly run?: PerCall<string | undefined>
  readonly tenant?: string
  /** Who asks; an `ai-agent` called `vercel-ai` by default. */
  readonly actor?: PerCall<Actor>
  /** The person for whom the agent works. Four-eyes keeps that person from approving. */
  readonly onBehalfOf?: PerCall<Principal | undefined>
  /** Provider, model and prompt hash of the model call that asked for the tool; known by itself for a governed model. */
  readonly attributionOf?: (call: ToolCallContext) => Partial<Actor> | undefined
  /** Refuses each call (`ungoverned_model`) that no model governed with `strict` asked for, on this engine. */
  readonly strict?: boolean
  /** Records what would have been blocked or asked, and lets every call run. */
  readonly shadow?: boolean
  /** The major version of `ai`; only 5 differs, which has no approvals. */
  readonly sdk?: 5 | 6 | 7
  /** Begins the ids of the loops: `tool:issueRefund`. Two different policies for one tool need two. */
  readonly namespace?: string
  readonly clock?: Pick<Clock, 'now'>
  /** Hears of what goes wrong in shadow mode, which must not disturb. */
  readonly onError?: (error: unknown) => void
}

export const governKeys: KnownKeys<GovernOptions<unknown>> = {
  engine: true,
  policy: true,
  default: true,
  run: true,
  tenant: true,
  actor: true,
  onBehalfOf: true,
  attributionOf: true,
  strict: true,
  shadow: true,
  sdk: true,
  namespace: true,
  clock: true,
  onError: true,
}
