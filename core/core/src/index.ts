export { LoopError, isLoopError, type LoopErrorCode, type LoopErrorOptions } from './errors.ts'
export { loadLibrary } from './load-library.ts'
export type { JsonObject, JsonValue } from './json.ts'
export { parseDuration } from './duration.ts'
export type { Clock, Identifiers } from './clock.ts'
export {
  actorTypes,
  approvalPolicySchema,
  effectSpecSchema,
  guardSpecSchema,
  isId,
  loopDefinitionSchema,
  outcomeSchema,
  stateSchema,
  transitionSchema,
  type ActorType,
  type ApprovalPolicy,
  type ApprovalStage,
  type DefinitionProblem,
  type EffectSpec,
  type GuardSpec,
  type LoopDefinition,
  type Outcome,
  type State,
  type Transition,
} from './definition.ts'
export { readDefinition } from './read-definition.ts'
export {
  actorSchema,
  assuranceSchema,
  principalSchema,
  usageSchema,
  type Actor,
  type Assurance,
  type Principal,
  type Usage,
} from './actor.ts'
export { assuranceMethods, isAssured, type AssuranceMethod } from './assurance.ts'
export type { Guard, GuardInput, GuardResult, GuardVerdict, Reservation } from './guard.ts'
export {
  durabilities,
  instanceStatuses,
  isOpen,
  type Durability,
  type InstanceStatus,
  type LoopInstance,
} from './instance.ts'
export {
  approvalStatuses,
  decisionKinds,
  type ApprovalDecision,
  type ApprovalRequest,
  type ApprovalStatus,
  type ApprovalView,
  type DecisionKind,
  type TraceContext,
  type ViewField,
} from './approval.ts'
export { publishEach } from './publish-each.ts'
export { askedAt, handedOnAt, reviewersOf } from './reviewers.ts'
export {
  entryTypes,
  type EntryDraft,
  type EntryType,
  type LedgerEntry,
  type StoredEntry,
} from './entry.ts'
export {
  rejectionReasons,
  type Receipt,
  type RejectionReason,
  type TransitionResult,
} from './result.ts'
export {
  actorScopes,
  stopScope,
  stopScopes,
  type ApprovalQuery,
  type ClaimQuery,
  type CommitPlan,
  type CommitResult,
  type DeadLetter,
  type IdempotencyRecord,
  type InstanceQuery,
  type LogHead,
  type LogLeaf,
  type LoopStore,
  type OutboxClaim,
  type OutboxItem,
  type Page,
  type PostedMessage,
  type Settlement,
  type Stop,
  type StoreRecipe,
} from './store.ts'
export type {
  DroppedEntries,
  RetentionReport,
  RetentionRequest,
  StoreRetention,
} from './store-retention.ts'
export type {
  DeliveryEnd,
  ObservedAnswer,
  ObservedCall,
  ObservedDecision,
  ObservedDelivery,
  ObservedGuard,
  ObservedRequest,
  ObservedVerdict,
  Telemetry,
} from './telemetry.ts'
export type { StoreChange, TailedEntry, TailPage, TailQuery } from './store-live.ts'
export {
  decisionIntakeSchema,
  type Action,
  type Channel,
  type ChannelContext,
  type CloudEvent,
  type DecisionIntake,
  type EffectContext,
  type EventSink,
  type Integration,
  type MessageRef,
} from './plugins.ts'
export {
  submissionSchema,
  type Citation,
  type GroundedAnswer,
  type ModelAttempt,
  type ModelCallOptions,
  type ModelProgress,
  type Provider,
  type Retriever,
  type Submission,
  type SubmissionContext,
} from './provider/contract.ts'
export { promptHash } from './provider/prompt-hash.ts'
export {
  createDecisionSigner,
  signedDecisionOf,
  signedDecisionSchema,
  verifyDecisionToken,
  type DecisionExpectation,
  type DecisionKey,
  type DecisionSigner,
  type DecisionSignerOptions,
  type SignedDecision,
} from './decision-token.ts'
export { canonicalize } from './canonical.ts'
export { type JsonLimits } from './json-fault.ts'
export { deepFreeze, snapshot } from './snapshot.ts'
export { spellingOf } from './spelling.ts'
export { parseStrictJson } from './strict-json.ts'
export { digestOf, saltedDigest, sha256Hex } from './digest.ts'
export {
  checkLink,
  evidenceDigest,
  genesisHash,
  hashEntry,
  openEntry,
  openEvidence,
  sealEntry,
  type ChainFault,
  type SealedEvidence,
} from './chain.ts'
export { applyEntry } from './fold.ts'
export { comparePositions, cutPage, readCursor, readLimit, type Position } from './page-cursor.ts'
export { makeVisible, spellOut } from './visible.ts'
export { refuseStrayKeys, type KnownKeys, type StrayKeysOptions } from './stray-keys.ts'
