import { isLoopError } from '@loop-engine/core'
import {
  context,
  createContextKey,
  INVALID_SPAN_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Link,
  type Span,
  type Tracer,
} from '@opentelemetry/api'

import { names } from './names.ts'

/** The work around a commit. It is kept in the context, so that entries find the span to which they belong. */
export interface Work {
  readonly kind:
    | 'request'
    | 'start'
    | 'transition'
    | 'guard'
    | 'decision'
    | 'delivery'
    | 'sealed'
    | 'model'
  readonly span: Span
  /** The recorded end of an effect. */
  effect?: {
    readonly action: string
    readonly loopId: string
    readonly outcome: string
    readonly reason: string | undefined
  }
}

export interface WorkOptions<Result> {
  readonly kind: Work['kind']
  readonly name: string
  /** `INTERNAL` by default. */
  readonly spanKind?: SpanKind
  /** The active context by default. */
  readonly parent?: Context
  readonly links?: Link[]
  readonly attributes: Attributes
  /** Reads the result. If this throws, the caller does not notice. */
  readonly ended?: (result: Result, work: Work, seconds: number) => void
  /** Reads an error; by default marks the span as a fault. */
  readonly threw?: (code: string, work: Work, seconds: number, error: unknown) => void
}

const key = createContextKey('loop-engine work')

/** The work of the active context; undefined if there is none. */
export function currentWork(): Work | undefined {
  return context.active().getValue(key) as Work | undefined
}

/** Does `work` within a span, and ends the span with it. Returns synchronously if `work` does. */
export function within<Result>(
  tracer: Tracer,
  {
    kind,
    name,
    spanKind = SpanKind.INTERNAL,
    parent = context.active(),
    links = [],
    attributes,
    ended = () => {},
    threw = (code, { span }) => fault(span, code),
  }: WorkOptions<Result>,
  work: () => Result | Promise<Result>,
): Result | Promise<Result> {
  const startedAt = performance.now()
  const span = beginSpan(parent, () =>
    tracer.startSpan(name, { kind: spanKind, links, attributes }, parent),
  )
  const doing: Work = { kind, span }
  const seconds = (): number => (performance.now() - startedAt) / 1000
  const finish = (note: () => void): void => {
    quietly(note)
    quietly(() => span.end())
  }
  const succeed = (result: Result): Result => {
    finish(() => ended(result, doing, seconds()))
    return result
  }
  const fail = (error: unknown): never => {
    finish(() => threw(isLoopError(error) ? error.code : 'threw', doing, seconds(), error))
    throw error
  }
  let result: Result | Promise<Result>
  try {
    result = context.with(trace.setSpan(parent, span).setValue(key, doing), work)
  } catch (error) {
    return fail(error)
  }
  return result instanceof Promise ? result.then(succeed, fail) : succeed(result)
}

/**
 * Starts a span, which calls span processors of the application. If one throws, the work goes on in the parent span.
 */
function beginSpan(parent: Context, start: () => Span): Span {
  try {
    return start()
  } catch {
    return trace.wrapSpanContext(trace.getSpanContext(parent) ?? INVALID_SPAN_CONTEXT)
  }
}

/** Marks a span as a fault by its code. The error's text is left out, because it might quote confidential text. */
export function fault(span: Span, code: string): void {
  span.setAttribute(names.errorType, code)
  span.setStatus({ code: SpanStatusCode.ERROR })
}

/** Runs `note` and ignores its errors, because measuring must never break the work. */
export function quietly(note: () => void): void {
  try {
    note()
  } catch (error) {
    // A missing measurement must not cost a transition.
    void error
  }
}
