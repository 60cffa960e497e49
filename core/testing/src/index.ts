export {
  startPostgres,
  type PostgresServer,
  type PostgresServerOptions,
} from './servers/postgres-server.ts'
export { startPostgresPair, type PostgresPair } from './servers/postgres-pair.ts'
export { findTemporal } from './servers/install-temporal.ts'
export {
  startTemporal,
  type TemporalServer,
  type TemporalServerOptions,
} from './servers/temporal-server.ts'
export { startKafka, type KafkaServer } from './servers/kafka-server.ts'
export { startNats, type NatsServer } from './servers/nats-server.ts'
export { createTestClock, createTestIdentifiers, type TestClock } from './test-clock.ts'
export { checkInvariants, invariants, type Invariant } from './invariants/invariants.ts'
export type { DeliveredEvent, EffectRun, Operation, Violation, World } from './invariants/world.ts'
export { storeConformance, type StoreHarness } from './store-conformance.ts'
export {
  approvalRequest,
  nextPlan,
  outboxItem,
  planEpoch,
  startPlan,
  type EntryChange,
} from './plans.ts'
export { guardConformance, type GuardCase, type GuardHarness } from './guard-conformance.ts'
export {
  providerConformance,
  type ProviderFailure,
  type ProviderHarness,
} from './provider-conformance.ts'
export type {
  ProviderWireHarness,
  RetrieverWireHarness,
  WireConnection,
  WireGap,
  WireHarness,
} from './provider/wire-harness.ts'
export { providerCrossCheck, retrieverCrossCheck } from './cross-check.ts'
export { retrieverConformance } from './retriever-conformance.ts'
export {
  startModelServer,
  type ModelServer,
  type ModelServerOptions,
} from './model-server/model-server.ts'
export {
  modelProse,
  type AnswerFacts,
  type ModelReply,
  type ReplySource,
  type ReplyUsage,
} from './model-server/model-reply.ts'
export type { WireName } from './model-server/model-wire.ts'
export type { ReceivedRequest } from './model-server/received-request.ts'
export { channelConformance, type ChannelHarness } from './channel-conformance.ts'
export { channelJourneys } from './channel-journeys/channel-journeys.ts'
export type {
  ChannelJourneyHarness,
  ChannelSetting,
  ChannelVendor,
  Click,
  JourneySystem,
  OpenChannel,
} from './channel-journeys/harness.ts'
export { integrationConformance, type IntegrationHarness } from './integration-conformance.ts'
export { sinkConformance, type SinkHarness } from './sink-conformance.ts'
export { sinkEvent } from './sink-event.ts'
export type { SinkJourneyHarness, SinkSystem } from './sink-journeys/harness.ts'
export { sinkJourneys } from './sink-journeys/sink-journeys.ts'
