export {
  aiProviders,
  createAIActor,
  type AIActorOptions,
  type AIProvider,
} from './create-ai-actor.ts'
export { createLoopSystem, type LoopSystem, type LoopSystemOptions } from './create-loop-system.ts'
export {
  createIntake,
  createMemoryStore,
  defaultLimits,
  type Limits,
  type Redaction,
  type IdentityOptions,
  type Person,
  type StopTarget,
  type DecisionResult,
  type DecideInput,
  type Intake,
  type Approvals,
  type LoopEngine,
  type Relay,
  type AvailableTransition,
  type HistoryItem,
  type TransitionInput,
  type StartInput,
} from '@loop-engine/runtime'
export { LoopBuilder, defineLoop, parseLoop, serialiseLoop, validateLoop } from '@loop-engine/dsl'
export { createExpressions, createGuardRegistry } from '@loop-engine/guards'
export { createAuthority, type Authority } from '@loop-engine/actors'
export {
  LoopError,
  promptHash,
  instanceStatuses,
  isLoopError,
  reviewersOf,
  type Actor,
  type ApprovalRequest,
  type Channel,
  type CloudEvent,
  type EventSink,
  type Guard,
  type InstanceStatus,
  type Integration,
  type JsonObject,
  type JsonValue,
  type LedgerEntry,
  type LoopDefinition,
  type LoopErrorCode,
  type LoopInstance,
  type LoopStore,
  type Provider,
  type Receipt,
  type Telemetry,
  type TransitionResult,
} from '@loop-engine/core'
export { renderTimeline, timelineOf } from '@loop-engine/observability/timeline'
export { verifyStore } from './verify-store.ts'
