import { context, SpanStatusCode, trace, type Attributes } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics'
import {
  InMemorySpanExporter,
  SimpleSpanProcessor,
  TracerProvider,
  type ReadableSpan,
} from '@opentelemetry/sdk-trace'
import { afterAll, beforeAll } from 'vitest'

import {
  createOpenTelemetry,
  type OpenTelemetry,
  type OpenTelemetryOptions,
} from './open-telemetry.ts'

/**
 * Sets the context manager, which OpenTelemetry keeps for a whole process, and removes it after the tests of a file.
 */
export function withContexts(): void {
  const manager = new AsyncLocalStorageContextManager()
  beforeAll(() => {
    context.setGlobalContextManager(manager.enable())
  })
  afterAll(() => context.disable())
}

class OnDemand extends MetricReader {
  protected async onForceFlush(): Promise<void> {}
  protected async onShutdown(): Promise<void> {}
}

interface Point {
  readonly value: unknown
  readonly attributes: Attributes
}

export interface Watched {
  readonly telemetry: OpenTelemetry
  spans(): readonly ReadableSpan[]
  /** The only span of this name. */
  span(name: string): ReadableSpan
  /** Works within a span, as an instrumented host does around an incoming request. */
  within<Result>(name: string, work: () => Promise<Result>): Promise<Result>
  points(metric: string): Promise<readonly Point[]>
  metricsText(): Promise<string>
}

/** An SDK that keeps everything that one process exports. */
export function watchProcess(options: Pick<OpenTelemetryOptions, 'incoming'> = {}): Watched {
  const exporter = new InMemorySpanExporter()
  const tracerProvider = new TracerProvider({
    spanProcessors: [new SimpleSpanProcessor({ exporter })],
  })
  const reader = new OnDemand()
  const meterProvider = new MeterProvider({ readers: [reader] })
  const tracer = tracerProvider.getTracer('host')
  return {
    telemetry: createOpenTelemetry({ tracerProvider, meterProvider, ...options }),
    spans: (): readonly ReadableSpan[] => exporter.getFinishedSpans(),
    span(name) {
      const found = exporter.getFinishedSpans().filter((span) => span.name === name)
      if (found.length !== 1 || !found[0])
        throw new Error(`${found.length} of ${name} in ${namesOf(exporter.getFinishedSpans())}`)
      return found[0]
    },
    async within(name, work) {
      const span = tracer.startSpan(name)
      try {
        return await context.with(trace.setSpan(context.active(), span), work)
      } finally {
        span.end()
      }
    },
    async points(metric) {
      const { resourceMetrics } = await reader.collect()
      return resourceMetrics.scopeMetrics
        .flatMap(({ metrics }) => metrics)
        .filter(({ descriptor }) => descriptor.name === metric)
        .flatMap(({ dataPoints }) => dataPoints as readonly Point[])
    },
    async metricsText() {
      return JSON.stringify((await reader.collect()).resourceMetrics.scopeMetrics)
    },
  }
}

function namesOf(spans: readonly ReadableSpan[]): string {
  return spans.map(({ name }) => name).join(', ')
}

export const failed = ({ status }: ReadableSpan): boolean => status.code === SpanStatusCode.ERROR
export const traceOf = (span: ReadableSpan): string => span.spanContext().traceId
export const idOf = (span: ReadableSpan): string => span.spanContext().spanId
export const parentOf = (span: ReadableSpan): string | undefined => span.parentSpanContext?.spanId
export const linksOf = (span: ReadableSpan): string[] =>
  span.links.map((link) => link.context.spanId)
