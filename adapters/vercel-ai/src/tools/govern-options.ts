import type { Actor, Clock, KnownKeys, Principal } from '@loop-engine/core'
import type { LoopEngine } from '@loop-engine/sdk'

import type { ToolPolicies, ToolPolicy } from '../calls/tool-policy.ts'

/** The fields of a tool of `ai` 5, 6 or 7 that are read here. */
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

/** What the SDK tells about a call that is being made. */
export interface ToolCallContext {
  readonly tool: string
  readonly callId: string
  readonly messages: readonly unknown[]
  /** `context` of `ai` 7, `experimental_context` of 5 and 6, or what `resume` was given. */
  readonly context: unknown
}
/** One value for every call, or a function that finds it for each call. */
export type PerCall<Value> = Value | ((call: ToolCallContext) => Value)

export interface GovernOptions<Tools> {
  readonly engine: LoopEngine
  readonly policy?: ToolPolicies<Tools>
  /** For tools that `policy` does not name. Without it, static tools run on record and dynamic tools ask a person. */
  readonly default?: ToolPolicy
  /**
   * The conversation that a call belongs to. Needed if one `govern` serves many conversations and call ids may repeat.
   */
  readonly run?: PerCall<string | undefined>
  readonly tenant?: string
  /** Who makes the calls; an `ai-agent` with the id `vercel-ai` by default. */
  readonly actor?: PerCall<Actor>
  /** The person for whom the agent works. Four-eyes keeps that person from approving. */
  readonly onBehalfOf?: PerCall<Principal | undefined>
  /**
   * Provider, model and prompt hash of the model call that asked for the tool. Not needed for a model that
   * `governModel` governs in this process.
   */
  readonly attributionOf?: (call: ToolCallContext) => Partial<Actor> | undefined
  /** Refuses a call (`ungoverned_model`) unless a model that is governed with `strict` on this engine asked for it. */
  readonly strict?: boolean
  /** Records what would have been blocked or asked, and lets every call run. */
  readonly shadow?: boolean
  /** The major version of `ai`. Only 5 must be named, because it has no approvals. */
  readonly sdk?: 5 | 6 | 7
  /** Begins the ids of the loops, as in `tool:issueRefund`. Two different policies for one tool need two namespaces. */
  readonly namespace?: string
  readonly clock?: Pick<Clock, 'now'>
  /** Told of errors in shadow mode, which must not disturb the calls. */
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
