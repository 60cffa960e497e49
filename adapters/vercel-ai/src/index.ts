export { govern, type GovernedTools } from './govern.ts'
export type { CallContext, GovernOptions, ToolLike } from './govern-options.ts'
export type { ToolApproval, ToolPolicies, ToolPolicy } from './tool-policy.ts'
export type { CallOutcome, CallStatus } from './call-outcome.ts'
export type { ApprovalStatus } from './governed-tool.ts'
export type { Resume, ResumeOptions } from './resume.ts'
export type { PendingCall, Resumed } from './resumed.ts'
export { governModel, isGovernedModel, type GovernModelOptions } from './govern-model.ts'
export { governPrepareStep } from './govern-model-prepare-step.ts'
export type { ModelCallEvidence } from './model-call.ts'
export { createModelCallLoop, toolProposalLoop, type ModelLoopOptions } from './model-loop.ts'
export type { AnyLanguageModel, GovernedModel } from './model-shape.ts'
export {
  createModelWitness,
  type ModelWitness,
  type ModelWitnessOptions,
  type WantedToolCall,
} from './model-witness.ts'
export {
  createVercelAIActorAdapter,
  type ModelHooks,
  type VercelAIActorOptions,
} from './model-actor.ts'
export { promptOfParams } from './prompt-of-params.ts'
export { wrapProvider, type AnyProvider, type GovernedProvider } from './wrap-provider.ts'
