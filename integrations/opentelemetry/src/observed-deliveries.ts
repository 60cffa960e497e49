import type { DeliveryEnd, OutboxClaim, Telemetry, TraceContext } from '@loop-engine/core'
import { SpanKind, type Attributes } from '@opentelemetry/api'

import { names } from './names.ts'
import type { Observer } from './observer.ts'
import { below, linksTo, readContext } from './trace-context.ts'
import { fault, within, type Work } from './work.ts'

/** Makes spans and measurements of the relay's deliveries: effects, notifications, events and timers. */
export function observeDeliveries({ tracer, instruments }: Observer): Pick<Telemetry, 'delivery'> {
  const countEffect = (work: Work, end: Ending, claim: OutboxClaim, seconds: number): void => {
    const labels = {
      [names.integration]: claim.name,
      ...(work.effect && { [names.action]: work.effect.action }),
      ...labelsOf(end),
    }
    instruments().effectAttempts.add(1, labels)
    instruments().effectDuration.record(seconds, labels)
  }
  const count = (work: Work, end: Ending, claim: OutboxClaim, seconds: number): void => {
    const { kind, name } = claim
    const where = { [names.deliveryKind]: kind, [names.deliveryName]: name }
    if (kind === 'effect') countEffect(work, end, claim, seconds)
    else instruments().deliveryDuration.record(seconds, { ...where, ...labelsOf(end) })
    if (end.dead)
      instruments().deadLetters.add(1, { ...where, [names.errorType]: end.error ?? 'unknown' })
  }

  return {
    async delivery({ claim, trace }, work) {
      const { kind, name } = claim
      return within(
        tracer(),
        {
          kind: 'delivery',
          name: `loop.${kind} ${name}`,
          spanKind: SpanKind.CONSUMER,
          ...placeOfOrder(claim, trace),
          attributes: aboutOf(claim),
          ended: (result, doing, seconds) => {
            const end = endingOf(result, doing)
            doing.span.setAttribute(names.outcome, end.outcome)
            if (end.error !== undefined) fault(doing.span, end.error)
            count(doing, end, claim, seconds)
          },
          threw: (code, doing, seconds) => {
            fault(doing.span, code)
            count(doing, { outcome: 'unsettled', error: code, dead: false }, claim, seconds)
          },
        },
        work,
      )
    },
  }
}

/**
 * An outbox item continues the trace that created it. A timer may fire in a month, so it only links back to that trace.
 */
function placeOfOrder({ kind }: OutboxClaim, trace: TraceContext | undefined) {
  const ordered = readContext(trace?.traceparent, trace?.tracestate)
  const led = readContext(trace?.link)
  if (kind === 'timer') return { parent: below(undefined), links: linksTo(ordered, led) }
  return { parent: below(ordered), links: linksTo(led) }
}

function aboutOf({ tenant, aggregateId, runId, kind, name, attempt }: OutboxClaim): Attributes {
  return {
    [names.tenant]: tenant,
    [names.aggregateId]: aggregateId,
    [names.runId]: runId,
    [names.deliveryKind]: kind,
    [names.deliveryName]: name,
    [names.deliveryAttempt]: attempt,
  }
}

interface Ending {
  readonly outcome: string
  /** The code of the fault; absent if there is none. */
  readonly error?: string
  readonly dead: boolean
}

function endingOf(end: DeliveryEnd, { effect }: Work): Ending {
  const failed = effect?.outcome === 'failed' || effect?.outcome === 'unknown'
  switch (end.kind) {
    case 'settled':
    case 'done':
      return {
        outcome: effect?.outcome ?? 'done',
        dead: false,
        ...(failed && { error: effect.reason ?? 'unknown' }),
      }
    case 'retry': {
      const error = codeOf(end.error)
      // A stop is intended, so it is no fault.
      return error === 'stopped'
        ? { outcome: 'stopped', dead: false }
        : { outcome: 'retry', error, dead: false }
    }
    case 'dead':
      return {
        outcome: 'dead',
        error: (failed && effect.reason) || codeOf(end.error),
        dead: true,
      }
  }
}

/** The code of an error text of the engine, which is `code: sentence` or `threw Name`. */
function codeOf(error: string): string {
  return /^\w+/.exec(error)?.[0] ?? 'unknown'
}

function labelsOf({ outcome, error }: Ending): Attributes {
  return { [names.outcome]: outcome, ...(error !== undefined && { [names.errorType]: error }) }
}
