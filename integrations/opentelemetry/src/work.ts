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

/** What is being done around a commit: told by its context, so that the entries find the span that they belong to. */
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
  /** How an effect was recorded to have ended. */
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
  /** Something within this process, unless given. */
  readonly spanKind?: SpanKind
  /** Where the work is asked for, unless given. */
  readonly parent?: Context
  readonly links?: Link[]
  readonly attributes: Attributes
  /** Reads what came out. Its failure would be ours, so it is never the caller's. */
  readonly ended?: (result: Result, work: Work, seconds: number) => void
  /** Whatever is thrown is a fault, unless given. */
  readonly threw?: (code: string, work: Work, seconds: number, error: unknown) => void
}

const key = createContextKey('loop-engine work')

/** What is being done here and now; undefined outside of any. */
export function currentWork(): Work | undefined {
  return context.active().getValue(key) as Work | undefined
}

/** Does `work` within a span, and ends the span with it. Synchronous where the work is. */
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

/** Spans call the processors of the application. Where they fail, what is below goes on in the span above. */
function beginSpan(parent: Context, start: () => Span): Span {
  try {
    return start()
  } catch {
    return trace.wrapSpanContext(trace.getSpanContext(parent) ?? INVALID_SPAN_CONTEXT)
  }
}

/** Marks a fault. Its text stays here: it might quote what nobody should read in a trace. */
export function fault(span: Span, code: string): void {
  span.setAttribute(names.errorType, code)
  span.setStatus({ code: SpanStatusCode.ERROR })
}

/** Watching must never break what is watched. */
export function quietly(note: () => void): void {
  try {
    note()
  } catch (error) {
    // What cannot be measured is not worth a transition.
    void error
  }
}
