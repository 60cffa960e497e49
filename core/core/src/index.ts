export { LoopError, isLoopError, type LoopErrorCode, type LoopErrorOptions } from './errors.ts'
export { quiet } from './quiet.ts'
export { allEnded } from './all-ended.ts'
export { unlessAborted } from './unless-aborted.ts'
export { readBytes } from './read-bytes.ts'
export { loadLibrary } from './load-library.ts'
export { codePoint, spellOut, spellOutEnds } from './spell-out.ts'
export { notBlank } from './not-blank.ts'
export { stayAwake } from './stay-awake.ts'
export { withTimeout } from './with-timeout.ts'
export { refuseStrayKeys, type KnownKeys, type StrayKeysOptions } from './stray-keys.ts'
export type { JsonObject, JsonValue } from './json/json.ts'
export { isRecord } from './json/is-record.ts'
export { fromPointerToken, toPointerToken } from './json/pointer-token.ts'
export { canonicalize } from './json/canonical.ts'
export { toPointer, type JsonLimits } from './json/json-fault.ts'
export { deepFreeze, freezeParsed, snapshot } from './json/snapshot.ts'
export { tooLargeError } from './json/too-large.ts'
export { parseJson } from './json/parse-json.ts'
export { parseRecord } from './json/parse-record.ts'
export { parseStrictJson } from './json/strict-json.ts'
export { digestOf, saltedDigest, sha256Hex } from './json/digest.ts'
export { isDuration, parseDuration } from './model/duration.ts'
export {
  actorTypes,
  approvalPolicySchema,
  effectSpecSchema,
  guardSpecSchema,
  isId,
  isReviewer,
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
} from './model/definition.ts'
export { readDefinition } from './model/read-definition.ts'
export {
  actorSchema,
  assuranceSchema,
  principalSchema,
  usageSchema,
  type Actor,
  type Assurance,
  type Principal,
  type Usage,
} from './model/actor.ts'
export { assuranceMethods, isAssured, type AssuranceMethod } from './model/assurance.ts'
export type { GuardResult } from './model/guard-result.ts'
export {
  durabilities,
  instanceStatuses,
  isOpen,
  isReservedKey,
  type Durability,
  type InstanceStatus,
  type LoopInstance,
} from './model/instance.ts'
export {
  approvalStatuses,
  approvalsOf,
  decisionKinds,
  decisionWords,
  delegatorOf,
  delegatorsOf,
  type ApprovalDecision,
  type ApprovalRequest,
  type ApprovalStatus,
  type ApprovalView,
  type DecisionKind,
  type TraceContext,
  type ViewField,
} from './model/approval.ts'
export { quorumOf, waitingStage } from './model/quorum.ts'
export { askedAt, handedOnAt, reviewersOf, waitsFor } from './model/reviewers.ts'
export {
  rejectionReasons,
  type Receipt,
  type RejectionReason,
  type TransitionResult,
} from './model/result.ts'
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
} from './contracts/decision-token.ts'
export { spellingOf } from './model/spelling.ts'
export {
  entryTypes,
  type EntryDraft,
  type EntryType,
  type LedgerEntry,
  type StoredEntry,
} from './ledger/entry.ts'
export {
  checkLink,
  evidenceDigest,
  genesisHash,
  hashEntry,
  openEntry,
  openEvidence,
  prevHashOf,
  sealEntry,
  type ChainFault,
  type SealedEvidence,
} from './ledger/chain.ts'
export { applyEntry, approvalsOpenedBy } from './ledger/fold.ts'
export { receiptOf } from './ledger/receipt-of.ts'
export { systemClock, type Clock, type Identifiers } from './contracts/clock.ts'
export type { Guard, GuardInput, GuardVerdict } from './contracts/guard.ts'
export type { Reservation } from './model/reservation.ts'
export { publishEach } from './contracts/publish-each.ts'
export { readFrontier, readMessages, readRequest, readRun } from './contracts/store/read-rows.ts'
export type { LoopStore } from './contracts/store/store.ts'
export {
  checkSequence,
  type CommitPlan,
  type CommitResult,
  type IdempotencyRecord,
  type Stop,
} from './contracts/store/commit.ts'
export type { ApprovalQuery, InstanceQuery, Page } from './contracts/store/query.ts'
export type { StoreRecipe } from './contracts/store/recipe.ts'
export {
  publishItemId,
  type ClaimQuery,
  type DeadLetter,
  type OutboxClaim,
  type OutboxItem,
  type PostedMessage,
  type Settlement,
} from './contracts/store/outbox.ts'
export type { LogHead, LogLeaf } from './contracts/store/log.ts'
export { actorScopes, stopScope, stopScopes } from './contracts/store/stop-scopes.ts'
export type {
  DroppedEntries,
  RetentionReport,
  RetentionRequest,
  StoreRetention,
} from './contracts/store/retention.ts'
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
} from './contracts/telemetry.ts'
export type { StoreChange, TailedEntry, TailPage, TailQuery } from './contracts/store/live.ts'
export {
  decisionIntakeSchema,
  type Channel,
  type ChannelContext,
  type DecisionIntake,
  type MessageRef,
} from './contracts/channel.ts'
export type { Action, EffectContext, Integration } from './contracts/integration.ts'
export type { CloudEvent, EventSink } from './contracts/event-sink.ts'
export {
  comparePositions,
  cutApprovals,
  cutPage,
  readCursor,
  readLimit,
  type Position,
} from './contracts/store/page-cursor.ts'
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
} from './contracts/provider.ts'
export { promptHash } from './provider/prompt-hash.ts'
export { checkTimeout } from './check-timeout.ts'
