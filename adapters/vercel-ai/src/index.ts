export { govern, type GovernedTools } from './tools/govern.ts'
export type { ToolCallContext, GovernOptions, PerCall, ToolLike } from './tools/govern-options.ts'
export type { ToolApproval, ToolPolicies, ToolPolicy } from './calls/tool-policy.ts'
export type { CallOutcome, CallStatus } from './calls/call-outcome.ts'
export type { ToolApprovalStatus } from './tools/approval-status.ts'
export type { Resume, ResumeOptions } from './tools/resume.ts'
export type { PendingCall, Resumed } from './tools/resumed.ts'
export { governModel, isGovernedModel, type GovernModelOptions } from './models/govern-model.ts'
export { governPrepareStep } from './models/govern-prepare-step.ts'
export type { ModelCallEvidence } from './models/model-call.ts'
export { createModelCallLoop, type ModelLoopOptions } from './models/model-loop.ts'
export type { AnyLanguageModel, GovernedModel } from './models/model-shape.ts'
export {
  createVercelAIActorAdapter,
  type ModelHooks,
  type VercelAIActorOptions,
} from './models/model-actor.ts'
export { promptOfParams } from './models/prompt-of-params.ts'
export { wrapProvider, type AnyProvider, type GovernedProvider } from './models/wrap-provider.ts'
