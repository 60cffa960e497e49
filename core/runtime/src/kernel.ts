import type {
  Channel,
  Clock,
  EventSink,
  Identifiers,
  Integration,
  LoopDefinition,
  LoopStore,
  Telemetry,
} from '@loop-engine/core'
import type { EventBus } from '@loop-engine/events'
import type { Expressions, GuardEvaluator } from '@loop-engine/guards'

import type { Bells } from './approvals/bells.ts'
import type { Identity } from './identity.ts'
import type { Redaction } from './judging/redaction.ts'
import type { Limits } from './limits.ts'
import type { LoopRegistry } from './loop-registry.ts'
import type { KnownRequests } from './reading/known-requests.ts'
import type { HeldPauses } from './relay/held-pauses.ts'
import type { Runs } from './runs.ts'

/** What every part of a running system shares. */
export interface Kernel {
  readonly store: LoopStore
  readonly clock: Clock
  readonly ids: Identifiers
  readonly limits: Limits
  readonly loops: LoopRegistry
  readonly guards: GuardEvaluator
  readonly expressions: Expressions
  readonly identity: Identity
  readonly redaction: Redaction | undefined
  readonly channels: ReadonlyMap<string, Channel>
  readonly integrations: ReadonlyMap<string, Integration>
  readonly sinks: ReadonlyMap<string, EventSink>
  readonly bus: EventBus
  readonly runs: Runs
  readonly bells: Bells
  readonly known: KnownRequests
  readonly held: HeldPauses
  readonly telemetry: Telemetry | undefined
  /** Returns a frozen copy. Throws `invalid_definition` if a loop needs something that this system does not have. */
  check(definition: LoopDefinition): LoopDefinition
  /** Hears of what goes wrong in the background. */
  report(error: unknown): void
  /** Tells the relay that something was enqueued. */
  wake(): void
}
