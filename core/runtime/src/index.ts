export { actionOf } from './judging/action.ts'
export { admit } from './judging/decide/admit.ts'
export { decide } from './judging/decide/decide.ts'
export type {
  CancelOrder,
  EffectOrder,
  Order,
  Refusal,
  Ruling,
  TimerOrder,
  TransitionCommand,
  TransitionFacts,
} from './judging/decide/ruling.ts'
export { indexLoop, type LoopIndex } from './judging/decide/loop-index.ts'
export { isAsRecorded } from './reading/is-as-recorded.ts'
export { requestsOfRun } from './reading/requests-of-run.ts'
export { approvalTimer, stateTimer } from './recording/orders.ts'
export { createEngine, type LoopEngine } from './engine/engine.ts'
export {
  type ChangeInput,
  type EraseInput,
  type Expected,
  type MigrateInput,
  type StartInput,
  type Target,
  type TransitionInput,
} from './engine/engine-input.ts'
export { type AvailableTransition } from './engine/list-available.ts'
export { type HistoryItem, type HistoryQuery } from './engine/read-history.ts'
export { controlKey, type Control, type StopInput } from './engine/control.ts'
export { type StopTarget } from './engine/stop-target.ts'
export { type Seal, type Sealed, type SealOptions } from './engine/seal.ts'
export { createBells, type Bells } from './approvals/bells.ts'
export { createKnownRequests, type KnownRequests } from './reading/known-requests.ts'
export { createApprovals, type Approvals } from './approvals/approvals.ts'
export { createIntake, type Intake, type IntakeOptions } from './approvals/intake.ts'
export type { DecideInput, DecisionResult } from './approvals/deciding/decide-request.ts'
export { decisionRefusals, type DecisionRefusal } from './approvals/entitlement/approval-rules.ts'
export { createHeldPauses, type HeldPauses } from './relay/held-pauses.ts'
export { timerActor } from './relay/timer.ts'
export { createRelay, type Relay } from './relay/relay.ts'
export { createRuns, type Runs } from './runs.ts'
export type { Kernel } from './kernel.ts'
export { createLoopRegistry, type LoopRegistry } from './loop-registry.ts'
export { createIdentity, type Identity, type IdentityOptions, type Person } from './identity.ts'
export { checkRedaction, type Redaction } from './judging/redaction.ts'
export { defaultLimits, readLimits, type Limits } from './limits.ts'
export { systemClock } from '@loop-engine/core'
export { createIdentifiers } from './identifiers.ts'
export { createMemoryStore, type MemoryStoreOptions } from './memory/memory-store.ts'
