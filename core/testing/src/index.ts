export { linkPostgresLibraries } from './link-postgres-libraries.ts'
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
