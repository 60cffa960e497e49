import { refuseStrayKeys, type KnownKeys, type Telemetry } from '@loop-engine/core'
import {
  context,
  metrics,
  trace,
  type MeterProvider,
  type TracerProvider,
} from '@opentelemetry/api'

import { createInstruments, type Instruments } from './instruments.ts'
import { observeCalls } from './observed-calls.ts'
import { observeDecisions } from './observed-decisions.ts'
import { observeDeliveries } from './observed-deliveries.ts'
import { observeModels, type ObservedModels } from './observed-models.ts'
import { observeRequests } from './observed-transitions.ts'
import type { Observer } from './observer.ts'
import { recordEntries } from './record-entries.ts'
import { traceparentOf, writeContext } from './trace-context.ts'

export interface OpenTelemetryOptions {
  /** By default the provider that is registered globally. */
  readonly tracerProvider?: TracerProvider
  /** By default the provider that is registered globally. */
  readonly meterProvider?: MeterProvider
  /**
   * How a caller's `traceparent` is used if no span is active in this process. `parent`, the default, continues the
   * caller's trace, and so its sampling decision; `link` begins a new trace that only links to the caller's.
   */
  readonly incoming?: 'parent' | 'link'
}

export interface OpenTelemetry extends Telemetry, ObservedModels {}

const optionKeys: KnownKeys<OpenTelemetryOptions> = {
  tracerProvider: true,
  meterProvider: true,
  incoming: true,
}
const scope = '@loop-engine/integration-opentelemetry'

/**
 * Traces and metrics of a system, for the `telemetry` option of `createLoopSystem`. They go to whichever OpenTelemetry
 * SDK is registered; without one it does nothing. Throws `invalid_config` for an unknown option.
 */
export function createOpenTelemetry(options: OpenTelemetryOptions = {}): OpenTelemetry {
  refuseStrayKeys(options, optionKeys, { what: 'createOpenTelemetry', code: 'invalid_config' })
  const { tracerProvider, meterProvider, incoming = 'parent' } = options
  let made: Instruments | undefined
  const observer: Observer = {
    incoming,
    tracer: () => (tracerProvider ?? trace).getTracer(scope),
    instruments: () => (made ??= createInstruments((meterProvider ?? metrics).getMeter(scope))),
  }
  return {
    contract: 'telemetry/v1',
    name: 'opentelemetry',
    ...observeCalls(observer),
    ...observeRequests(observer),
    ...observeDecisions(observer),
    ...observeDeliveries(observer),
    ...recordEntries(observer),
    ...observeModels(observer),
    carry(origin) {
      const here = trace.getSpanContext(context.active())
      if (!origin) return writeContext(here)
      const link = here && writeContext(here) && traceparentOf(here)
      return { ...origin, ...(link && { link }) }
    },
  }
}
