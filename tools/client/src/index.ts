export { createLoopClient, type LoopClient } from './client.ts'
export { LoopClientError } from './client-error.ts'
export type { CallOptions, LoopClientOptions } from './client-options.ts'
export type { ChangeBody, InstanceQuery, Instances } from './instances.ts'
export type { ApprovalQuery, Approvals, BatchItem } from './approvals.ts'
export type { MadeKey, Operations } from './operations.ts'
export type { DefinitionSummary, Records } from './records.ts'
export type { EventOptions, EventQuery, HeardEvent } from './event-reader.ts'
export type { Page, Pages } from './pages.ts'
export type {
  Actor,
  ApiKey,
  ApprovalRequest,
  ApprovalView,
  Attempt,
  Attribution,
  AvailableTransition,
  CloudEvent,
  DeadLetter,
  Decision,
  DecisionResult,
  Definition,
  GuardResult,
  HistoryItem,
  Instance,
  LoopMetrics,
  NewKey,
  Principal,
  Problem,
  Receipt,
  Start,
  Stop,
  StopRequest,
  Timer,
  TransitionResult,
  VerifyReport,
  Who,
} from './schema.ts'
