import {
  LoopError,
  quiet,
  type Channel,
  type Clock,
  type EventSink,
  type Guard,
  type Identifiers,
  type Integration,
  type LoopDefinition,
  type LoopStore,
  type Telemetry,
} from '@loop-engine/core'
import { createEventBus, type EventBus } from '@loop-engine/events'
import { createExpressions, createGuardEvaluator, createGuardRegistry } from '@loop-engine/guards'
import {
  createApprovals,
  createBells,
  createHeldPauses,
  createEngine,
  createIdentifiers,
  createIdentity,
  createKnownRequests,
  createLoopRegistry,
  createMemoryStore,
  createRelay,
  createRuns,
  readLimits,
  systemClock,
  type Approvals,
  type IdentityOptions,
  type Kernel,
  type Limits,
  type LoopEngine,
  type Redaction,
  type Relay,
} from '@loop-engine/runtime'

import { checkLoop } from './check-loop.ts'
import { checkOptions } from './check-options.ts'

export interface LoopSystemOptions {
  readonly loops: readonly LoopDefinition[]
  /** A store in memory by default, which does not survive the process. */
  readonly store?: LoopStore
  /** Your own guards, in addition to the built-in ones. */
  readonly guards?: readonly Guard[]
  readonly channels?: readonly Channel[]
  readonly integrations?: readonly Integration[]
  readonly sinks?: readonly EventSink[]
  readonly identity?: IdentityOptions
  readonly redaction?: Redaction
  readonly limits?: Partial<Limits>
  readonly clock?: Clock
  readonly ids?: Identifiers
  /** Microseconds of a monotonic clock; measures the recorded duration of guards. */
  readonly elapsedUs?: () => number
  /** Whether this process delivers effects, notices, events and timers; true by default. */
  readonly relay?: boolean
  /** Receives what happens, for traces and metrics. */
  readonly telemetry?: Telemetry
  /** Called with every failure in the background; without it such failures are not reported. */
  readonly onError?: (error: unknown) => void
}

export interface LoopSystem {
  readonly engine: LoopEngine
  readonly approvals: Approvals
  readonly events: Pick<EventBus, 'subscribe' | 'stream'>
  readonly relay: Relay
  /** Finishes deliveries in progress, then closes the store. */
  close(): Promise<void>
}

/**
 * Checks every definition against the registered guards, integrations and channels, opens the store, and starts the
 * relay.
 *
 * Throws `invalid_config` for a wrong option. Throws `invalid_definition` with all problems of a loop at once, so that
 * a guard or an integration that nobody registered is found here and not at run time.
 */
export async function createLoopSystem(options: LoopSystemOptions): Promise<LoopSystem> {
  checkOptions(options)
  const {
    loops,
    store = createMemoryStore(),
    guards = [],
    channels = [],
    integrations = [],
    sinks = [],
    identity,
    redaction,
    clock = systemClock,
    ids = createIdentifiers(),
    elapsedUs = microseconds,
    relay: startsRelay = true,
    telemetry,
    onError,
  } = options
  const limits = readLimits(options.limits)
  const registry = createGuardRegistry(guards)
  const expressions = createExpressions()
  const plugins = {
    channels: byName('channel', channels),
    integrations: byName('integration', integrations),
    sinks: byName('sink', sinks),
  }
  const check = (loop: LoopDefinition): LoopDefinition =>
    checkLoop(loop, {
      guards: { get: registry.get, keys: () => registry.ids },
      ...plugins,
      compileExpression: (text, scope) => expressions.compile(text, scope),
    })
  const checked = loops.map(check)

  await store.open()
  // `onError` may fail as well. That must end neither the relay nor the process.
  const report = quiet(onError, warn)
  const bus = createEventBus({ onError: report })
  const runs = createRuns(store, limits.maxCachedInstances)
  const kernel: Kernel = {
    store,
    clock,
    ids,
    limits,
    loops: await createLoopRegistry(store, checked),
    guards: createGuardEvaluator({
      registry,
      expressions,
      timeoutMs: limits.guardTimeoutMs,
      clock,
      elapsedUs,
      telemetry,
    }),
    expressions,
    identity: createIdentity(identity, { clock, timeoutMs: limits.effectTimeoutMs }),
    redaction,
    ...plugins,
    bus,
    runs,
    bells: createBells(),
    known: createKnownRequests(),
    held: createHeldPauses(clock),
    telemetry,
    check,
    report,
    wake: () => relay.wake(),
  }
  const relay = createRelay(kernel, ids.id())
  if (startsRelay) relay.start()

  return {
    engine: createEngine(kernel),
    approvals: createApprovals(kernel),
    events: bus,
    relay,
    async close() {
      await relay.stop()
      bus.close()
      await store.close()
    },
  }
}

function byName<Plugin extends { readonly name: string }>(
  kind: string,
  plugins: readonly Plugin[],
): ReadonlyMap<string, Plugin> {
  const named = new Map(plugins.map((plugin) => [plugin.name, plugin]))
  if (named.size === plugins.length) return named
  throw new LoopError('invalid_config', `Two plugins of the kind ${kind} have the same name.`, {
    hint: 'Give each plugin a name of its own.',
  })
}

function warn(failure: unknown): void {
  process.emitWarning(failure instanceof Error ? failure : 'The option onError failed.')
}

function microseconds(): number {
  return performance.now() * 1000
}
